/** One question about one micrograph, answered as a stream (OpenAI's chat completions). */

import { ApiError, open } from "./api.js";
import { events } from "./sse.js";

/** Gives what comes: {route} once, {text} again and again, {finish} with OpenAI's reason for the end. */
export async function* answer(question, image, model, options) {
  // The text goes before the image, as in the questions that the model was trained on.
  const content = [
    { type: "text", text: `${question}\n` },
    { type: "image_url", image_url: { url: image } },
  ];
  const body = { model, stream: true, messages: [{ role: "user", content }] };
  const response = await open("v1/chat/completions", body, options);
  try {
    for await (const data of events(response.body)) {
      if (data === "[DONE]") return;
      yield* pieces(JSON.parse(data));
    }
  } catch (error) {
    // A connection that is lost while it is read is a TypeError with a word or two.
    if (!(error instanceof TypeError)) throw error;
  }
  throw new ApiError("The answer broke off: the connection to the endpoint was lost. Ask again.");
}

function* pieces(chunk) {
  if (chunk.error) throw new ApiError(chunk.error.message, chunk.error);
  if (chunk.slava) yield { route: chunk.slava };
  for (const choice of chunk.choices) {
    if (choice.delta.content) yield { text: choice.delta.content };
    if (choice.finish_reason) yield { finish: choice.finish_reason };
  }
}
