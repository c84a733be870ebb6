/** The forms that docker-py takes where the Engine takes one. Each gives the Engine's, or what was expected instead. */
import { byCodeUnit, isList, isObject, type Json, type JsonObject } from "../../core/json.ts";
import { bytesOf, SIZE_EXPECTED } from "./sizes.ts";

/** What a form gave: the Engine's value, undefined for a field that is left out. */
export type Formed = { readonly value: Json | undefined } | { readonly expected: string };

/** Turns docker-py's form of a field into the Engine's. What is already the Engine's, or nobody's, is passed on: the model judges it. */
export type Form = (value: Json) => Formed;

const given = (value: Json | undefined): Formed => ({ value });
const expected = (what: string): Formed => ({ expected: what });

/** As it is. */
export const asIs: Form = given;

/** As it is; false, 0 and what is empty count as not given. */
export const unlessFalsy: Form = (value) => given(isFalsy(value) ? undefined : value);

/** A size with or without a unit. */
export const size: Form = (value) => {
  const bytes = bytesOf(value);
  return bytes === undefined ? expected(SIZE_EXPECTED) : given(bytes);
};

/** A size; an empty one counts as not given. */
export const sizeUnlessFalsy: Form = (value) => (isFalsy(value) ? given(undefined) : size(value));

/** Only this value, or nothing. */
export const only =
  (single: string): Form =>
  (value) =>
    isFalsy(value) ? given(undefined) : value === single ? given(value) : expected(`expected ${JSON.stringify(single)}`);

/** A list of what is sent as texts: group ids, for one. */
export const listOfTexts: Form = (value) => {
  if (isFalsy(value)) return given(undefined);
  if (!isList(value)) return given(value);
  return given(value.map((each) => (typeof each === "number" ? String(each) : each)));
};

/** An object whose numbers are sent as texts. */
export const textsByName: Form = (value) => {
  if (isFalsy(value)) return given(undefined);
  return given(isObject(value) ? mapped(value, (each) => (typeof each === "number" ? String(each) : each)) : value);
};

/** `name:address`, from an object or a list. */
export const extraHosts: Form = (value) => {
  if (!isObject(value)) return given(value);
  return pairs(value, "expected addresses by host name");
};

/** `container:alias`, from an object or a list of pairs. */
export const links: Form = (value) => {
  if (isObject(value)) return pairs(value, "expected aliases by container");
  const what = "expected aliases by container, or a list of [container, alias]";
  if (!isList(value)) return expected(what);
  const texts = value.map((pair) => (isList(pair) && pair.length === 2 && pair.every(isText) ? pair.join(":") : undefined));
  return texts.every((text) => text !== undefined) ? given(texts.toSorted(byCodeUnit)) : expected(what);
};

/** One text, parted at commas, or a list. */
export const commaList: Form = (value) => given(typeof value === "string" ? value.split(",") : value);

/** Mount points with options, from an object or a list of `path[:options]`. */
export const tmpfs: Form = (value) => {
  if (isFalsy(value)) return given(undefined);
  if (!isList(value)) return given(value);
  if (!value.every(isText)) return expected("expected an object of options by path, or a list of path[:options]");
  const entries = value.map((text): [string, string] => {
    const at = text.indexOf(":");
    return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
  });
  return given(Object.fromEntries(entries));
};

/** Devices, each an object of the Engine's or `host[:container[:permissions]]`. */
export const devices: Form = (value) => {
  if (isFalsy(value)) return given(undefined);
  if (!isList(value)) return given(value);
  return given(
    value.map((device) => {
      if (typeof device !== "string") return device;
      const [host = "", inside = host, permissions = "rwm"] = device.split(":");
      return { PathOnHost: host, PathInContainer: inside, CgroupPermissions: permissions };
    }),
  );
};

/** Objects of docker-py's names or the Engine's, each field under the Engine's. */
export const objectsWith =
  (names: Readonly<Record<string, string>>, defaults: JsonObject = {}): Form =>
  (value) =>
    given(isList(value) ? value.map((each) => renamed(each, names, defaults)) : value);

/** One such object. */
export const objectWith =
  (names: Readonly<Record<string, string>>, defaults: JsonObject = {}): Form =>
  (value) =>
    given(renamed(value, names, defaults));

function renamed(value: Json, names: Readonly<Record<string, string>>, defaults: JsonObject): Json {
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== null);
  return {
    ...defaults,
    ...Object.fromEntries(entries.map(([name, each]) => [Object.hasOwn(names, name) ? (names[name] ?? name) : name, each])),
  };
}

function pairs(value: JsonObject, what: string): Formed {
  const entries = Object.entries(value).toSorted(([a], [b]) => byCodeUnit(a, b));
  return entries.every(([, each]) => isText(each)) ? given(entries.map(([name, each]) => `${name}:${each}`)) : expected(what);
}

function mapped(object: JsonObject, change: (value: Json) => Json): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
}

function isFalsy(value: Json): boolean {
  return value === false || value === 0 || value === "" || (isList(value) && value.length === 0) || isEmpty(value);
}

function isEmpty(value: Json): boolean {
  return isObject(value) && Object.keys(value).length === 0;
}

function isText(value: Json): value is string {
  return typeof value === "string";
}
