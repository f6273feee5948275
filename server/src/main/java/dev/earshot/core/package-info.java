/**
 * Which thread gets a core first: the system's scheduler, as far as a process without privilege can
 * tell it.
 */
@NullMarked
package dev.earshot.core;

import org.jspecify.annotations.NullMarked;
