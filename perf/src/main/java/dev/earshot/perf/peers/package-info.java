/**
 * Other servers of the same graphs: how each is asked, and one of our own that does nothing but
 * what it must.
 */
@NullMarked
package dev.earshot.perf.peers;

import org.jspecify.annotations.NullMarked;
