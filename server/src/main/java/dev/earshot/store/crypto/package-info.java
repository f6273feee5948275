/**
 * Encryption of what is stored, as a layer before any store, and the keys for it. The only package
 * that knows Tink.
 */
@NullMarked
package dev.earshot.store.crypto;

import org.jspecify.annotations.NullMarked;
