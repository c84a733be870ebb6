/** Used where neither `SLIPWAY_CONFIG` nor a `slipway.yml` says otherwise: one target, this machine. */
export const DEFAULT_CONFIGURATION = "targets: [{name: local, type: local}]\n";
