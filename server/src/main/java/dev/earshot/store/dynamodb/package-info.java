/**
 * The store in DynamoDB, or in a server that speaks its API: for several instances that share their
 * data. The only package that imports the AWS SDK.
 */
@NullMarked
package dev.earshot.store.dynamodb;

import org.jspecify.annotations.NullMarked;
