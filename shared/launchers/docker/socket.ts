import { connect } from "node:net";
import type { Dial } from "./agent.ts";
import { systemCode, Unreachable } from "./unreachable.ts";

const CONNECT_MILLISECONDS = 5000;

/** Streams to a daemon on this machine. */
export function socketDial(path: string): Dial {
  return () =>
    new Promise((resolve, reject) => {
      const socket = connect({ path });
      const timer = setTimeout(() => socket.destroy(new Error("timeout")), CONNECT_MILLISECONDS);
      socket.once("connect", () => {
        clearTimeout(timer);
        socket.removeAllListeners("error");
        // What becomes of a stream is told to the call that uses it; one that nobody uses must not end the process.
        socket.on("error", () => {});
        resolve(socket);
      });
      socket.once("error", (error) => {
        clearTimeout(timer);
        const denied = ["EACCES", "EPERM"].includes(systemCode(error));
        const why = denied ? "may not be used by the dispatcher's user" : "is not answered by a Docker daemon";
        reject(new Unreachable("docker", denied ? "DOCKER_DENIED" : "DOCKER_UNREACHABLE", `the socket ${path} ${why}`));
      });
    });
}
