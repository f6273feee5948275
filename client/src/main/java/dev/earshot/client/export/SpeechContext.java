package dev.earshot.client.export;

import java.util.List;

/**
 * Phrases that share a boost: the message of that name of Google's and of NVIDIA Riva's API.
 *
 * @param phrases at least one
 * @param boost above 0; 0 to 20 in most uses
 */
public record SpeechContext(List<String> phrases, double boost) {
  public SpeechContext {
    phrases = List.copyOf(phrases);
  }

  // User text does not get into logs by way of string concatenation.
  @Override
  public String toString() {
    return "SpeechContext[phrases=" + phrases.size() + ", boost=" + boost + "]";
  }
}
