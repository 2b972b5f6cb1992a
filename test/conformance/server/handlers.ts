/**
 * Own handlers in place of the suite's Python ones, by the path they are asked for.
 */
import type { Handler } from "./exchange.ts";
import { contentHandlers } from "./handlers-content.ts";
import { fetchHandlers } from "./handlers-fetch.ts";
import { wireHandlers } from "./handlers-wire.ts";

export const handlers: Readonly<Record<string, Handler>> = Object.assign(Object.create(null), fetchHandlers, contentHandlers, wireHandlers);
