/** The build of pino that needs nothing of Node: the same types. */
declare module "pino/browser.js" {
  export { pino as default } from "pino";
}
