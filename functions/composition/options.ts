/** How clients are told where to go. */
import type { Settings } from "../../shared/schema/settings.ts";

/** Where the emulators of an embedded stack answer; a service that is not named is the real one. */
export interface Embedded {
  readonly dynamodb?: string;
  readonly sqs?: string;
  readonly s3?: string;
  /** URL of the queue of messages that were delivered too often. */
  readonly deadLetters?: string;
  /** Where what does not fit an item is kept, unless the configuration names a place. */
  readonly payloads?: string;
  readonly eventbridge?: string;
}

/** Region that the emulators are told. */
export const EMBEDDED_REGION = "us-east-1";

/** Options of a client of the real service, or of whatever answers at the endpoint. */
export function serviceOptions(settings: Settings, endpoint: string | undefined) {
  return {
    ...(settings.region === undefined ? {} : { region: settings.region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    maxAttempts: 5,
  };
}

/** Options of a client of an emulator. */
export function embeddedOptions(endpoint: string) {
  return { endpoint, region: EMBEDDED_REGION, credentials: { accessKeyId: "embedded", secretAccessKey: "embedded" } };
}
