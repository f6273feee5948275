/** Measures a running server on rows whose right answers are known. Speaks to it as users do. */
@NullMarked
package dev.earshot.app.eval;

import org.jspecify.annotations.NullMarked;
