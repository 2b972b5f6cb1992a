export { start } from "./pairs.server.ts";
