/**
 * The areas of web-platform-tests that nano is held to, and what of them is left out because only a browser can
 * run it (documents, frames, workers, origins with a policy).
 */
export interface Area {
  /** The folder in the suite; also the name of its expectations file, "/" written as "-". */
  name: string;
  /**
   * Files outside of the folder that belong to it; *.window.js and *.worker.js in it that mention a browser's names
   * and do not need them. With a query, a variant of our own: a subset of the file's tests by key.
   */
  also?: readonly string[];
  /** Files of it that are not run, as patterns on the path, each with why. */
  excluded?: readonly [pattern: RegExp, why: string][];
}

export const areas: readonly Area[] = [
  { name: "url" },
  { name: "urlpattern" },
  { name: "streams" },
  { name: "encoding" },
  {
    name: "compression",
    also: ["compression/compression-with-detach.tentative.window.js", "compression/decompression-with-detach.tentative.window.js"],
  },
  { name: "WebCryptoAPI" },
  {
    name: "html/webappapis",
    excluded: [
      [/\/dynamic-markup-insertion\//, "documents"],
      [/\/system-state-and-capabilities\//, "what a browser's navigator says of itself: appName, product, platform"],
      [/\/the-shadowrealmglobalscope-interface\//, "ShadowRealm is not part of V8"],
      [/\/integration-with-the-javascript-agent-formalism\//, "workers, and agents that may block or may not"],
      [/\/user-prompts\//, "a user"],
      [/\/animation-frames\//, "frames of a screen"],
      [/\/update-rendering\//, "frames of a screen"],
    ],
  },
  { name: "dom/events", also: ["dom/idlharness.any.js", "dom/events/event-global.worker.js"] },
  { name: "dom/abort" },
  {
    name: "FileAPI",
    also: ["FileAPI/file/Worker-read-file-constructor.worker.js"],
    excluded: [
      [/\/(FileReaderSync|idlharness\.worker)\./, "FileReaderSync, which is for workers only"],
      [/\/filelist-section\//, "an input element"],
    ],
  },
  { name: "xhr/formdata", also: ["xhr/idlharness.any.js?include=(FormData|ProgressEvent)"] },
  {
    name: "fetch/api",
    excluded: [
      [/\/api\/cors\//, "cross-origin rules of a browser"],
      [/\/api\/credentials\/cookies\./, "a cookie store"],
      [/\/api\/policies\//, "documents"],
      [/\/api\/basic\/(keepalive|mediasource)\./, "documents"],
      [/\/request\/request-cache/, "a cache of responses"],
      [/\/basic\/conditional-get\./, "a cache of responses"],
      [/\/abort\/cache\./, "the Cache interface"],
      [/\.h2\./, "HTTP/2, which the server of these tests does not speak"],
    ],
  },
  { name: "fetch/content-length" },
  {
    name: "fetch/content-type",
    also: ["fetch/content-type/response.window.js"],
    excluded: [[/\/script\.window\./, "script elements"]],
  },
  { name: "fetch/h1-parsing", excluded: [[/-0x00-in-header\./, "script, iframe and img elements"]] },
  { name: "fetch/range", excluded: [[/\/(general\.window|sw\.https)\./, "media elements, service workers"]] },
  { name: "fetch/security" },
  { name: "fetch/data-urls" },
  { name: "fetch/content-encoding", excluded: [[/-navigation\./, "documents"]] },
  { name: "hr-time" },
  { name: "user-timing" },
  {
    name: "performance-timeline",
    excluded: [[/\/(not-restored-reasons|back-forward-cache-restoration|navigation-id|tentative)/, "navigations"]],
  },
  {
    name: "webmessaging",
    excluded: [
      [/\/broadcastchannel\//, "BroadcastChannel, which is not part of WinterTC's API"],
      [/\/(with-options|without-ports|with-ports)\//, "windows"],
    ],
  },
  { name: "console" },
  { name: "webidl", excluded: [[/\/(legacy-fact|class-string-named)/, "Image and Window"]] },
  { name: "wasm/jsapi", excluded: [[/\/esm-integration\//, "module scripts of documents"]] },
  { name: "wasm/webapi", excluded: [[/\/esm-integration\//, "module scripts of documents"]] },
];
