/** Group of the web layer: streams. */
export { TextDecoderStream } from "../../web/encoding/TextDecoderStream.ts";
export { TextEncoderStream } from "../../web/encoding/TextEncoderStream.ts";
export { ByteLengthQueuingStrategy } from "../../web/streams/ByteLengthQueuingStrategy.ts";
export { CountQueuingStrategy } from "../../web/streams/CountQueuingStrategy.ts";
export { ReadableByteStreamController } from "../../web/streams/ReadableByteStreamController.ts";
export { ReadableStream } from "../../web/streams/ReadableStream.ts";
export { ReadableStreamBYOBReader } from "../../web/streams/ReadableStreamBYOBReader.ts";
export { ReadableStreamBYOBRequest } from "../../web/streams/ReadableStreamBYOBRequest.ts";
export { ReadableStreamDefaultController } from "../../web/streams/ReadableStreamDefaultController.ts";
export { ReadableStreamDefaultReader } from "../../web/streams/ReadableStreamDefaultReader.ts";
export { TransformStream } from "../../web/streams/TransformStream.ts";
export { TransformStreamDefaultController } from "../../web/streams/TransformStreamDefaultController.ts";
export { WritableStream } from "../../web/streams/WritableStream.ts";
export { WritableStreamDefaultController } from "../../web/streams/WritableStreamDefaultController.ts";
export { WritableStreamDefaultWriter } from "../../web/streams/WritableStreamDefaultWriter.ts";
export { warmUpStreams as warmUp } from "../../web/streams/warm-up.ts";
