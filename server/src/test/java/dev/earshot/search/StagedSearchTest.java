package dev.earshot.search;

/** Where all rows are looked at. */
class StagedSearchTest extends StagedSearchContract {
  StagedSearchTest() {
    super(false);
  }
}
