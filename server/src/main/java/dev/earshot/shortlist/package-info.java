/** Which few skills could handle an utterance, for this user. */
@NullMarked
package dev.earshot.shortlist;

import org.jspecify.annotations.NullMarked;
