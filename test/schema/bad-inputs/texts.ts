import { type BadInput, SECRET } from "./row.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const utf16 = (text: string) => new Uint8Array(Uint16Array.from(`\uFEFF${text}`, (character) => character.charCodeAt(0)).buffer);
const base64 = (text: string) => Buffer.from(text).toString("base64");
const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;

const MESSAGE = `{"run_config": {"type": "LocalRun", "env": {"A": "${SECRET} ü"}}}`;
const NOT_UTF8 = "not UTF-8 text";

/** Bodies of messages that are no JSON document, or none that may be. */
export const texts: readonly BadInput<string | Uint8Array>[] = [
  ["no text at all", "", "NOT_JSON", "", "empty"],
  ["blank text", " \n\t", "NOT_JSON", "", "empty"],
  ["words", `hello ${SECRET}`, "NOT_JSON", "", "line 1, column 1"],
  ["YAML where JSON is due", "run_config:\n  type: LocalRun", "NOT_JSON", "", "line 1, column 1"],
  ["JSON that stops in the middle", MESSAGE.slice(0, 30), "NOT_JSON", "", "line 1, column 31"],
  ["two documents", `${MESSAGE}${MESSAGE}`, "NOT_JSON", "", "line 1"],
  ["a comma too many", '{"run": "a",}', "NOT_JSON", "", "line 1, column 13"],
  ["single quotes", "{'run': 'a'}", "NOT_JSON", "", "line 1, column 2"],
  ["a comment", '{"run": "a"} // a', "NOT_JSON", "", "line 1, column 14"],
  ["NaN", '{"run_config": NaN}', "NOT_JSON", "", "line 1, column 16"],
  ["a raw line break in a text", `{"run": "a\n${SECRET}"}`, "NOT_JSON", "", "line 1, column 11"],
  ["latin1", latin1(MESSAGE), "NOT_UTF8", "", NOT_UTF8],
  ["a byte order mark and latin1", Uint8Array.of(0xef, 0xbb, 0xbf, ...latin1(MESSAGE)), "NOT_UTF8", "", NOT_UTF8],
  ["UTF-16", utf16(MESSAGE), "NOT_UTF8", "", NOT_UTF8],
  ["UTF-8 that is cut within a character", utf8('"ü').slice(0, 2), "NOT_UTF8", "", NOT_UTF8],
  ["UTF-8 that is longer than it need be", Uint8Array.of(0x22, 0xc0, 0xaf, 0x22), "NOT_UTF8", "", NOT_UTF8],
  ["gzip", Uint8Array.of(0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0), "NOT_UTF8", "", NOT_UTF8],
  ["a NUL byte behind the document", `${MESSAGE}\0`, "NOT_JSON", "", "line 1"],
  ["more than 1 MiB of text", `"${"x".repeat(1024 * 1024)}"`, "TOO_LARGE", "", "larger than 1048576 bytes"],
  ["more than 1 MiB in UTF-8 alone", `"${"ü".repeat(600_000)}"`, "TOO_LARGE", "", "larger than 1048576 bytes"],
  ["more than 1 MiB of bytes", new Uint8Array(1024 * 1024 + 1), "TOO_LARGE", "", "larger than 1048576 bytes"],
  ["lists in lists, 65 deep", nested(65), "TOO_DEEP", "[0]".repeat(64), "64 deep"],
  ["objects in objects, far too deep", `${'{"a":'.repeat(9000)}1${"}".repeat(9000)}`, "TOO_DEEP", expectedDeepPath(), "64 deep"],
  [
    "parameters too deep",
    `{"run_config": {"type": "LocalRun"}, "parameters": {"a": ${nested(80)}}}`,
    "TOO_DEEP",
    `parameters.a${"[0]".repeat(62)}`,
    "64 deep",
  ],
  [
    "__proto__",
    `{"run_config": {"type": "LocalRun", "__proto__": {"env": "${SECRET}"}}}`,
    "INVALID_MESSAGE",
    "run_config.__proto__",
    "what objects inherit",
  ],
  [
    "__proto__ in a document that is passed on",
    '{"run_config": {"type": "ECSRun", "run_task_kwargs": {"a": [{"__proto__": {}}]}}}',
    "INVALID_MESSAGE",
    "run_config.run_task_kwargs.a[0].__proto__",
    "what objects inherit",
  ],
  ["__proto__ within an escape", '{"\\u005f_proto__": 1}', "INVALID_MESSAGE", "__proto__", "what objects inherit"],
  ["half of a surrogate pair", '{"run": "\\ud800"}', "INVALID_MESSAGE", "run", "half of a surrogate pair"],
  ["half of a surrogate pair in a name", '{"\\udc00": 1}', "INVALID_MESSAGE", '["\\udc00"]', "half of a surrogate pair"],
  [
    "a number beyond all numbers",
    '{"run_config": {"type": "LocalRun"}, "parameters": {"n": 1e999}}',
    "INVALID_MESSAGE",
    "parameters.n",
    "finite number",
  ],
  ["base64 of no JSON", base64(`{"run": ${SECRET}`), "NOT_JSON", "", "line 1, column 9"],
  ["base64 of latin1", Buffer.from(latin1('{"run": "ü"}')).toString("base64"), "NOT_UTF8", "", NOT_UTF8],
];

function expectedDeepPath(): string {
  return Array.from({ length: 64 }, () => "a").join(".");
}

/** What holds a message, or should. */
export const wrappings: readonly BadInput<object>[] = [
  [
    "an SNS message that is no JSON",
    { Type: "Notification", MessageId: "m", Message: `${SECRET}` },
    "NOT_JSON",
    "Message",
    "line 1, column 1",
  ],
  ["an SNS message that is a number", { Type: "Notification", MessageId: "m", Message: 1 }, "INVALID_MESSAGE", "", "found a number"],
  [
    "an SNS subscription to confirm",
    { Type: "SubscriptionConfirmation", MessageId: "m", Token: SECRET, Message: "You have chosen" },
    "INVALID_MESSAGE",
    "",
    "none of these",
  ],
  [
    "an EventBridge detail that is nothing known",
    { "detail-type": "x", source: "s", id: "i", detail: { a: SECRET } },
    "INVALID_MESSAGE",
    "",
    "none of these",
  ],
  ["an EventBridge detail that is a text", { "detail-type": "x", id: "i", detail: "{}" }, "INVALID_MESSAGE", "", "found a string"],
  [
    "a CloudEvent whose data is no JSON",
    { specversion: "1.0", id: "i", source: "s", type: "t", data: `<xml>${SECRET}` },
    "NOT_JSON",
    "data",
    "line 1, column 1",
  ],
  [
    "a CloudEvent whose data_base64 is none",
    { specversion: "1.0", id: "i", source: "s", type: "t", data_base64: `${SECRET}!` },
    "INVALID_MESSAGE",
    "data_base64",
    "found another string",
  ],
  [
    "a CloudEvent whose data_base64 is a list",
    { specversion: "1.0", id: "i", source: "s", type: "t", data_base64: [] },
    "INVALID_MESSAGE",
    "data_base64",
    "found a list",
  ],
  [
    "a CloudEvent without data",
    { specversion: "1.0", id: "i", source: "s", type: "LocalRum" },
    "INVALID_MESSAGE",
    "type",
    'did you mean "LocalRun"?',
  ],
  [
    "Pub/Sub data that is no base64",
    { message: { data: `${SECRET}!`, messageId: "1" } },
    "INVALID_MESSAGE",
    "message.data",
    "found another string",
  ],
  ["Pub/Sub data that is no JSON", { message: { data: base64(SECRET), messageId: "1" } }, "NOT_JSON", "message.data", "line 1, column 1"],
  ["a Pub/Sub message without data", { message: { messageId: "1", attributes: {} } }, "INVALID_MESSAGE", "message.data", "found null"],
  [
    "__proto__ in Pub/Sub data",
    { message: { data: base64('{"run_config": {"__proto__": 1}}') } },
    "INVALID_MESSAGE",
    "message.data.run_config.__proto__",
    "what objects inherit",
  ],
  ["an EventBridge event seven times in itself", wrappedTimes(7), "INVALID_MESSAGE", "", "none of these"],
];

function wrappedTimes(times: number): object {
  return times === 0 ? { run: "r" } : { "detail-type": "x", detail: wrappedTimes(times - 1) };
}
