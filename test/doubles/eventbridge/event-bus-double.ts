/** PutEvents of EventBridge as it speaks on the wire (AWS JSON 1.1), without a connection of its own. */

/** What a service answers. */
interface Reply {
  readonly status: number;
  readonly body: object;
}

/** An entry that a bus took. */
export interface TakenEvent {
  readonly bus: string;
  readonly source: string;
  readonly detailType: string;
  /** Epoch seconds, as the wire has them. */
  readonly time: number | undefined;
  /** The detail as it was written. */
  readonly detail: string;
}

/** Buses, open to the test. */
export interface EventBusDouble {
  readonly taken: readonly TakenEvent[];
  /** Error codes for the next entries, each by itself, inside an answer of 200. */
  readonly refuse: string[];
  /** Answers a call, by the operation's name. */
  answer(operation: string, body: string): Reply;
}

interface Entry {
  readonly EventBusName?: string;
  readonly Source?: string;
  readonly DetailType?: string;
  readonly Detail?: string;
  readonly Time?: number;
}

/** Documented: PutEvents takes 1 to 10 entries, and less than 1 MB in all. */
const MOST_ENTRIES = 10;
const LARGEST_REQUEST = 1024 * 1024;
/** Documented: the time counts 14 bytes. */
const TIME_SIZE = 14;

/** Buses that take what is right. A bus that nobody made drops what it is told and says nothing of it: documented. */
export function eventBusDouble(buses: readonly string[] = ["default"]): EventBusDouble {
  const taken: TakenEvent[] = [];
  const refuse: string[] = [];
  let count = 0;

  function put(entry: Entry): object {
    const planned = refuse.shift();
    if (planned !== undefined) return { ErrorCode: planned, ErrorMessage: "planned by the test" };
    const { EventBusName: bus = "default", Source: source, DetailType: detailType, Detail: detail } = entry;
    // Documented: an entry that lacks one of the three fails by itself. The code is assumed.
    if (!source || !detailType || !detail) return { ErrorCode: "InvalidArgument", ErrorMessage: "a required parameter is missing" };
    // Documented: sources that begin with aws. are AWS's own. The code is documented for the source.
    if (source.startsWith("aws.")) return { ErrorCode: "NotAuthorizedForSourceException", ErrorMessage: "Not authorized for the source." };
    if (!isJsonObject(detail)) return { ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed." };
    const name = nameOf(bus);
    if (buses.includes(name)) taken.push({ bus: name, source, detailType, time: entry.Time, detail });
    return { EventId: `event-${++count}` };
  }

  return {
    taken,
    refuse,
    answer(operation, body) {
      const { Entries = [] }: { readonly Entries?: readonly Entry[] } = JSON.parse(body);
      if (operation === "DescribeEventBus") return described(buses, JSON.parse(body));
      if (operation !== "PutEvents") return invalid(`this double does not know ${operation}`);
      if (Entries.length === 0 || Entries.length > MOST_ENTRIES) {
        return invalid(
          "1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length between 1 and 10",
        );
      }
      if (Entries.reduce((size, entry) => size + sizeOf(entry), 0) >= LARGEST_REQUEST)
        return invalid("Total size of the entries in the request is over the limit.");
      const answers = Entries.map(put);
      return { status: 200, body: { FailedEntryCount: answers.filter((answer) => "ErrorCode" in answer).length, Entries: answers } };
    },
  };
}

/** Documented: a bus is looked at by its name or ARN. The message is assumed. */
function described(buses: readonly string[], { Name = "default" }: { readonly Name?: string }): Reply {
  const name = nameOf(Name);
  if (buses.includes(name)) return { status: 200, body: { Name: name, Arn: `arn:aws:events:us-east-1:000000000000:event-bus/${name}` } };
  return { status: 400, body: { __type: "com.amazonaws.events#ResourceNotFoundException", message: `Event bus ${name} does not exist.` } };
}

/** Documented: a bus goes by its name or its ARN. */
function nameOf(bus: string): string {
  return bus.split("/").at(-1) ?? bus;
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function sizeOf({ Source = "", DetailType = "", Detail = "", Time }: Entry): number {
  return Buffer.byteLength(Source + DetailType + Detail) + (Time === undefined ? 0 : TIME_SIZE);
}

function invalid(message: string): Reply {
  return { status: 400, body: { __type: "com.amazonaws.events#ValidationException", message } };
}
