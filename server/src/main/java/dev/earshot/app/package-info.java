/** The command line, the configuration, and the wiring of everything else. */
@NullMarked
package dev.earshot.app;

import org.jspecify.annotations.NullMarked;
