package dev.earshot.client.export;

import dev.earshot.client.BiasPhrase;
import java.util.List;

/**
 * Phrases in a recogniser's format, and what that format could not take of them.
 *
 * <p>Where a format has room for only so many phrases, the first ones are kept: a bias has them
 * likeliest first.
 *
 * @param content what the recogniser reads
 * @param remarks where the content is not what the phrases say, in their order; empty: nowhere
 */
public record Export<T>(T content, List<Remark> remarks) {
  public Export {
    remarks = List.copyOf(remarks);
  }

  /** What became of a phrase. A phrase may have several remarks. */
  public record Remark(BiasPhrase phrase, Cause cause) {}

  /** Why a phrase was left out or changed. */
  public enum Cause {
    /** Left out: the format takes no more phrases. */
    TOO_MANY(true),
    /** Left out: longer than the format allows a phrase to be. */
    TOO_LONG(true),
    /** Left out: all phrases together would be larger than the format allows. */
    TOO_LARGE(true),
    /** Left out: it has characters that the format does not allow, or reads otherwise. */
    FORBIDDEN_CHARACTERS(true),
    /** Left out: the recogniser's vocabulary lacks some of its tokens. */
    UNKNOWN_TOKENS(true),
    /** Left out: its boost is 0, and to these formats every phrase is one to favour. */
    NO_BOOST(true),
    /** Left out: an earlier phrase looks the same in this format. */
    REPEATED(true),
    /** Changed: the boost was lowered to the highest that the format allows. */
    BOOST_CLIPPED(false),
    /** Changed: the boost was rounded, since the format gives one to many phrases at once. */
    BOOST_ROUNDED(false),
    /** Changed: the format has no boost for each phrase. */
    BOOST_DROPPED(false),
    /** Changed: the text was spelled as the format wants it. */
    REWRITTEN(false),
    /** Changed: the format cannot say how to write the phrase. */
    DISPLAY_DROPPED(false);

    private final boolean leftOut;

    Cause(boolean leftOut) {
      this.leftOut = leftOut;
    }

    /** Whether the phrase is missing; else it is there, but changed. */
    public boolean isLeftOut() {
      return leftOut;
    }
  }

  // User text does not get into logs by way of string concatenation.
  @Override
  public String toString() {
    return "Export[remarks=" + remarks + "]";
  }

  /** The phrases that are missing. */
  public List<BiasPhrase> leftOut() {
    return remarks.stream().filter(remark -> remark.cause.leftOut).map(Remark::phrase).toList();
  }
}
