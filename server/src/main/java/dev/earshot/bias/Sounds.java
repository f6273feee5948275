package dev.earshot.bias;

import dev.earshot.pronunciation.Pronunciation;
import java.util.List;

/** How phrases sound. Thread-safe; runs on its caller's thread. */
public interface Sounds {
  /** Whether it knows a language, BCP 47; empty: its own. */
  boolean speaks(String locale);

  /** How a phrase sounds, likeliest first; empty: not known. */
  List<Pronunciation> pronounce(String text);
}
