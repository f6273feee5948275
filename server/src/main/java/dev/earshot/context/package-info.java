/** The record of running conversations, from which context is made. */
@NullMarked
package dev.earshot.context;

import org.jspecify.annotations.NullMarked;
