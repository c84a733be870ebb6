/** What is read of the daemon's answers. */
import * as z from "zod/mini";

const labels = z.pipe(
  z.optional(z.nullable(z.record(z.string(), z.string()))),
  z.transform((given) => given ?? {}),
);

const container = z.object({
  Id: z.string(),
  Config: z.object({ Labels: labels }),
  State: z.object({
    Status: z.optional(z.string()),
    Running: z.boolean(),
    OOMKilled: z.optional(z.boolean()),
    ExitCode: z.int(),
    StartedAt: z.string(),
    FinishedAt: z.string(),
  }),
});

const row = z.object({ Id: z.string(), State: z.string(), Labels: labels });

const volume = z.object({ Name: z.string(), CreatedAt: z.optional(z.string()), Labels: labels });

/** A container, looked at by itself. */
export type Container = z.infer<typeof container>;
/** A container, in a list. */
export type ContainerRow = z.infer<typeof row>;
/** A volume. */
export type Volume = z.infer<typeof volume>;

/** Each throws where an answer is none of its kind. */
export const readContainer = (answer: unknown): Container => container.parse(answer);
export const readRows = (answer: unknown): readonly ContainerRow[] => z.array(row).parse(answer);
export const readVolume = (answer: unknown): Volume => volume.parse(answer);
export const readVolumes = (answer: unknown): readonly Volume[] =>
  z.object({ Volumes: z.optional(z.nullable(z.array(volume))) }).parse(answer).Volumes ?? [];

/** Epoch milliseconds of the daemon's times; undefined for the year 1, which stands for never. */
export function timeOf(text: string | undefined): number | undefined {
  const time = Date.parse(text ?? "");
  return time > 0 ? time : undefined;
}
