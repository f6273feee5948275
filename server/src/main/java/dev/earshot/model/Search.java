package dev.earshot.model;

/** How the best skills are found among all. */
public enum Search {
  /**
   * {@link #STAGED} where it pays and this JVM can do it fast: on the CPU, with vectors, and many
   * skills; else {@link #FLAT}.
   */
  AUTO,
  /** The exact logits of all skills, by the bundle's graph. */
  FLAT,
  /** Coarse logits of all skills, exact ones of the best: {@link dev.earshot.search}. */
  STAGED
}
