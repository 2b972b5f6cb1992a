/**
 * The areas of web-platform-tests that nano is held to, and what of them is left out because only a browser can
 * run it (documents, frames, workers, origins with a policy).
 */
export interface Area {
  /** The folder in the suite; also the name of its expectations file, "/" written as "-". */
  name: string;
  /** Files outside of the folder that belong to it. */
  also?: readonly string[];
  /** Files of it that are not run, as patterns on the path, each with why. */
  excluded?: readonly [pattern: RegExp, why: string][];
}

export const areas: readonly Area[] = [
  { name: "url" },
  { name: "urlpattern" },
  { name: "streams" },
  { name: "encoding" },
  { name: "compression" },
  { name: "WebCryptoAPI" },
  {
    name: "html/webappapis",
    excluded: [
      [/\/dynamic-markup-insertion\//, "documents"],
      [/\/system-state-and-capabilities\//, "the navigator of a browser"],
      [/\/the-shadowrealmglobalscope-interface\//, "ShadowRealm is not part of V8"],
      [/\/integration-with-the-javascript-agent-formalism\//, "agents other than this one"],
      [/\/user-prompts\//, "a user"],
      [/\/animation-frames\//, "frames of a screen"],
      [/\/update-rendering\//, "frames of a screen"],
    ],
  },
  { name: "dom/events", also: ["dom/idlharness.any.js"] },
  { name: "dom/abort" },
  {
    name: "FileAPI",
    excluded: [[/\/(FileReaderSync|idlharness\.worker|filelist-section|file\/send-file-form)/, "forms and sync workers"]],
  },
  { name: "xhr/formdata" },
  {
    name: "fetch/api",
    excluded: [
      [/\/api\/cors\//, "cross-origin rules of a browser"],
      [/\/api\/credentials\/(cookies|authentication-redirection)/, "a cookie store"],
      [/\/api\/(crashtests|policies)\//, "documents"],
      [/\/api\/basic\/(keepalive|mediasource)\./, "documents"],
      [/\/request\/request-cache/, "a cache of responses"],
      [/\/basic\/conditional-get\./, "a cache of responses"],
      [/\/abort\/cache\./, "the Cache interface"],
      [/\.h2\./, "HTTP/2, which the server of these tests does not speak"],
    ],
  },
  { name: "fetch/data-urls" },
  { name: "fetch/content-encoding", excluded: [[/-navigation\./, "documents"]] },
  { name: "hr-time" },
  { name: "user-timing" },
  {
    name: "performance-timeline",
    excluded: [[/\/(not-restored-reasons|back-forward-cache-restoration|navigation-id|tentative)/, "navigations"]],
  },
  { name: "webmessaging", excluded: [[/\/(broadcastchannel|with-options|without-ports|with-ports)\//, "windows, or BroadcastChannel"]] },
  { name: "console" },
  { name: "webidl", excluded: [[/\/(legacy-fact|class-string-named)/, "Image and Window"]] },
  { name: "wasm/jsapi", excluded: [[/\/esm-integration\//, "module scripts of documents"]] },
  { name: "wasm/webapi", excluded: [[/\/esm-integration\//, "module scripts of documents"]] },
];
