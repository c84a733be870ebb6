/** Written by test/launchers/vertex/fields-of-protos.ts from the official client's protos; not edited by hand. */
import type { MessageFields } from "./shapes.ts";

/** WorkerPoolSpec. */
export const WORKER_POOL: MessageFields = {
  containerSpec: {
    fields: {
      imageUri: "string",
      command: ["string"],
      args: ["string"],
      env: [
        {
          fields: {
            name: "string",
            value: "string",
          },
        },
      ],
    },
  },
  pythonPackageSpec: {
    fields: {
      executorImageUri: "string",
      packageUris: ["string"],
      pythonModule: "string",
      args: ["string"],
      env: [
        {
          fields: {
            name: "string",
            value: "string",
          },
        },
      ],
    },
  },
  machineSpec: {
    fields: {
      machineType: "string",
      acceleratorType: {
        oneOf: [
          "ACCELERATOR_TYPE_UNSPECIFIED",
          "NVIDIA_TESLA_K80",
          "NVIDIA_TESLA_P100",
          "NVIDIA_TESLA_V100",
          "NVIDIA_TESLA_P4",
          "NVIDIA_TESLA_T4",
          "NVIDIA_TESLA_A100",
          "NVIDIA_A100_80GB",
          "NVIDIA_L4",
          "NVIDIA_H100_80GB",
          "NVIDIA_H100_MEGA_80GB",
          "NVIDIA_H200_141GB",
          "NVIDIA_B200",
          "NVIDIA_GB200",
          "NVIDIA_RTX_PRO_6000",
          "TPU_V2",
          "TPU_V3",
          "TPU_V4_POD",
          "TPU_V5_LITEPOD",
        ],
      },
      acceleratorCount: "int32",
      gpuPartitionSize: "string",
      tpuTopology: "string",
      reservationAffinity: {
        fields: {
          reservationAffinityType: {
            oneOf: ["TYPE_UNSPECIFIED", "NO_RESERVATION", "ANY_RESERVATION", "SPECIFIC_RESERVATION"],
          },
          key: "string",
          values: ["string"],
        },
      },
    },
  },
  replicaCount: "int64",
  nfsMounts: [
    {
      fields: {
        server: "string",
        path: "string",
        mountPoint: "string",
      },
    },
  ],
  lustreMounts: [
    {
      fields: {
        instanceIp: "string",
        volumeHandle: "string",
        filesystem: "string",
        mountPoint: "string",
      },
    },
  ],
  diskSpec: {
    fields: {
      bootDiskType: "string",
      bootDiskSizeGb: "int32",
    },
  },
};

/** Scheduling. */
export const SCHEDULING: MessageFields = {
  timeout: "duration",
  restartJobOnWorkerRestart: "bool",
  strategy: {
    oneOf: ["STRATEGY_UNSPECIFIED", "ON_DEMAND", "LOW_COST", "STANDARD", "SPOT", "FLEX_START"],
  },
  disableRetries: "bool",
  maxWaitDuration: "duration",
};
