/** docker-py's forms of published ports. */
import { byCodeUnit, isList, isObject, type Json } from "../../core/json.ts";
import type { Form } from "./forms.ts";

const INSIDE = /^[1-9][0-9]{0,4}(\/(tcp|udp|sctp))?$/;
const OUTSIDE = /^[0-9]{0,5}(-[0-9]{1,5})?$/;

const EXPECTED =
  'expected published ports by the container\'s port (8080, "8080/udp"): each a port of the host, null for any, {"HostIp": …, "HostPort": …}, or a list of these';

/** `{"80": 8080, "53/udp": [5353, {"HostIp": "127.0.0.1", "HostPort": 53}]}` as the Engine's PortMap. */
export const portBindings: Form = (value) => {
  if (!isObject(value)) return { expected: EXPECTED };
  const ports = new Map<string, Json>();
  for (const [port, bindings] of Object.entries(value).toSorted(([a], [b]) => byCodeUnit(a, b))) {
    const bound = (isList(bindings) ? bindings : [bindings]).map(bindingOf);
    if (!INSIDE.test(port) || bound.some((binding) => binding === undefined)) return { expected: EXPECTED };
    ports.set(port.includes("/") ? port : `${port}/tcp`, bound as Json);
  }
  return { value: Object.fromEntries(ports) };
};

function bindingOf(binding: Json): Json | undefined {
  const { HostIp = "", HostPort = undefined, ...others } = isObject(binding) ? binding : { HostPort: binding };
  const port = HostPort === null ? "" : typeof HostPort === "number" ? String(HostPort) : HostPort;
  if (typeof port !== "string" || !OUTSIDE.test(port) || Object.keys(others).length > 0) return undefined;
  if (HostIp !== null && typeof HostIp !== "string") return undefined;
  return { HostIp: HostIp ?? "", HostPort: port };
}
