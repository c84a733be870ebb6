/** Container of an attempt. Whoever submits it again meets this name: it is what "once" rests on. */
export function containerName({ deployment, key, attempt }: { deployment: string; key: string; attempt: number }): string {
  return `slipway-${deployment}-${key}-${attempt}`;
}
