package dev.earshot.store.dynamodb;

import java.util.List;

/**
 * The tables, which are several so that each has the backups, the expiry and the access rights that
 * fit what it holds. Immutable.
 *
 * <table>
 *   <caption>Keys</caption>
 *   <tr><td>profiles</td><td>{@code user_id}</td></tr>
 *   <tr><td>interactions</td><td>{@code interaction_id}</td></tr>
 *   <tr><td>interaction-index</td><td>{@code owner}, {@code end_and_id}</td></tr>
 *   <tr><td>context-items</td><td>{@code interaction_id}, {@code item_id}</td></tr>
 *   <tr><td>catalog</td><td>{@code part}, {@code number}</td></tr>
 * </table>
 *
 * @param prefix what their names begin with
 */
record TableNames(String prefix) {
  String profiles() {
    return prefix + "-profiles";
  }

  String interactions() {
    return prefix + "-interactions";
  }

  String index() {
    return prefix + "-interaction-index";
  }

  String items() {
    return prefix + "-context-items";
  }

  /** The catalogue's log, and the settings. */
  String catalog() {
    return prefix + "-catalog";
  }

  List<TableShape> shapes() {
    return List.of(
        new TableShape(profiles(), "user_id", "", false, false),
        new TableShape(interactions(), "interaction_id", "", false, true),
        new TableShape(index(), InteractionIndex.OWNER, InteractionIndex.END_AND_ID, false, true),
        new TableShape(items(), "interaction_id", "item_id", false, true),
        new TableShape(catalog(), "part", "number", true, false));
  }

  /**
   * How a table is made.
   *
   * @param sortKey empty: none
   * @param isNumber whether the sort key is a number; else it is text
   * @param expires whether DynamoDB removes rows by {@link Attributes#REMOVAL_TIME}
   */
  record TableShape(
      String name, String partitionKey, String sortKey, boolean isNumber, boolean expires) {}
}
