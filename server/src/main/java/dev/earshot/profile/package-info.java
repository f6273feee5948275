/** What a user has told the assistant: enabled skills, lists, preferences. */
@NullMarked
package dev.earshot.profile;

import org.jspecify.annotations.NullMarked;
