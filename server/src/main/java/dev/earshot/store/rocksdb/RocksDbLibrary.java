package dev.earshot.store.rocksdb;

import dev.earshot.store.StoreException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.rocksdb.RocksDB;
import org.rocksdb.util.Environment;

/**
 * Loads RocksDB's native library. Its own loader leaves a copy of 15 MB in the temporary directory
 * for each process that does not end in the ordinary way; here the copy is gone once it is loaded.
 */
final class RocksDbLibrary {
  // A native library is the process's, and so is this.
  private static boolean loaded;

  private RocksDbLibrary() {}

  /** Loads the library if this process has not yet. */
  static synchronized void load() {
    if (loaded) {
      return;
    }
    String name = Environment.getJniLibraryFileName("rocksdb");
    try {
      Path folder = Files.createTempDirectory("earshot-rocksdb");
      // The name that loadLibrary looks for.
      Path library = folder.resolve(Environment.getJniLibraryFileName("rocksdbjni"));
      try (InputStream packed = RocksDB.class.getClassLoader().getResourceAsStream(name)) {
        if (packed == null) {
          throw new FileNotFoundException(name);
        }
        Files.copy(packed, library);
        RocksDB.loadLibrary(List.of(folder.toString()));
        loaded = true;
      } finally {
        Files.deleteIfExists(library);
        Files.delete(folder);
      }
    } catch (IOException | UnsatisfiedLinkError e) {
      throw new StoreException(
          StoreException.Kind.UNAVAILABLE,
          "RocksDB's native library "
              + name
              + " cannot be loaded from "
              + System.getProperty("java.io.tmpdir")
              + ": "
              + e.getMessage(),
          e);
    }
  }
}
