package dev.earshot.perf.asr;

import ai.onnxruntime.OrtException;

/** The decoder of one utterance: hypotheses so far to the scores of their next tokens. */
interface TokenDecoder {
  /**
   * Takes the last token of each hypothesis.
   *
   * @param parents for each, its row in the previous step; 0 in the first
   * @param tokens as many ids
   * @return logits by hypothesis and token; the arrays are used again by the next step
   */
  float[][] step(int[] parents, int[] tokens) throws OrtException;
}
