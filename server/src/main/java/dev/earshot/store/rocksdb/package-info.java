/** The embedded store: RocksDB in a directory of this machine. The only package that knows it. */
@NullMarked
package dev.earshot.store.rocksdb;

import org.jspecify.annotations.NullMarked;
