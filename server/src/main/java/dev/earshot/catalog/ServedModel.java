package dev.earshot.catalog;

import dev.earshot.model.ShortlistModel;

/**
 * The model that answers, and the version of the catalogue that it knows.
 *
 * @param catalogVersion moves with every added, changed or removed skill; 0 for a bundle as it came
 */
public record ServedModel(ShortlistModel model, long catalogVersion) {}
