package dev.earshot.client;

/**
 * What the deletion of a user removed.
 *
 * @param profileDeleted whether there was a profile
 * @param interactionsDeleted how many live interactions were removed
 */
public record DeletedUser(boolean profileDeleted, long interactionsDeleted) {}
