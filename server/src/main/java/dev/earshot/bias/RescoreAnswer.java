package dev.earshot.bias;

import dev.earshot.deadline.Degradation;
import dev.earshot.rescore.Rescored;

/**
 * An n-best after rescoring, and what that was done without. Immutable.
 *
 * @param dropped how many phrases the limit cut off
 * @param biasVersion of the bias that was used; 0: made without an interaction
 */
public record RescoreAnswer(
    Rescored rescored, int dropped, long biasVersion, Degradation degradation, BiasTimes times) {}
