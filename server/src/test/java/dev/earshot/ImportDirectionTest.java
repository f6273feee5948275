package dev.earshot;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeJars;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/**
 * Imports run downwards only, and each vendor is known to one package. The code map in
 * CONTRIBUTING.md rests on this.
 */
@AnalyzeClasses(
    packages = "dev.earshot",
    importOptions = {DoNotIncludeTests.class, DoNotIncludeJars.class})
class ImportDirectionTest {
  private static final String APP = "dev.earshot.app..";
  private static final String GRPC = "dev.earshot.grpc..";
  private static final String MODEL = "dev.earshot.model..";
  private static final String STORE = "dev.earshot.store..";
  private static final String[] DOMAIN = {
    "dev.earshot.shortlist..",
    "dev.earshot.bias..",
    "dev.earshot.rescore..",
    "dev.earshot.phrase..",
    "dev.earshot.pronunciation..",
    "dev.earshot.context..",
    "dev.earshot.profile..",
    "dev.earshot.rewrite..",
    "dev.earshot.catalog..",
    "dev.earshot.upkeep.."
  };

  private static final DescribedPredicate<JavaClass> A_VALUE_OR_AN_ERROR =
      describe(
          "a record, an enum or an exception",
          type -> type.isRecord() || type.isEnum() || type.isAssignableTo(Throwable.class));

  @ArchTest
  static final ArchRule importsRunDownwards =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .withOptionalLayers(true)
          .layer("app")
          .definedBy(APP)
          .layer("grpc")
          .definedBy(GRPC)
          .layer("domain")
          .definedBy(DOMAIN)
          .layer("scheduling")
          .definedBy("dev.earshot.deadline..", "dev.earshot.batch..", "dev.earshot.core..")
          .layer("model")
          .definedBy(MODEL)
          .layer("search")
          .definedBy("dev.earshot.search..")
          .layer("store")
          .definedBy(STORE)
          .whereLayer("app")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("grpc")
          .mayOnlyBeAccessedByLayers("app")
          .whereLayer("domain")
          .mayOnlyBeAccessedByLayers("app", "grpc")
          .whereLayer("scheduling")
          .mayOnlyBeAccessedByLayers("app", "grpc", "domain")
          .whereLayer("model")
          .mayOnlyBeAccessedByLayers("app", "grpc", "domain", "scheduling")
          .whereLayer("search")
          .mayOnlyBeAccessedByLayers("model")
          .whereLayer("store")
          .mayOnlyBeAccessedByLayers("app", "grpc", "domain", "scheduling");

  @ArchTest
  static final ArchRule packagesFormNoCycle =
      slices().matching("dev.earshot.(*)..").should().beFreeOfCycles().allowEmptyShould(true);

  /** The adapters translate values and errors; they hold no model and no store. */
  @ArchTest
  static final ArchRule adaptersCallNeitherModelNorStore =
      noClasses()
          .that()
          .resideInAPackage(GRPC)
          .should()
          .dependOnClassesThat(
              resideInAnyPackage(MODEL, STORE).and(DescribedPredicate.not(A_VALUE_OR_AN_ERROR)))
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule onlyAdaptersAndWiringKnowGrpcAndTheApi =
      noClasses()
          .that()
          .resideInAPackage("dev.earshot..")
          .and()
          .resideOutsideOfPackages(
              APP, GRPC, "dev.earshot.v1..", "dev.earshot.client..", "dev.earshot")
          .should()
          .dependOnClassesThat(
              resideInAnyPackage(
                  "io.grpc..", "com.google.protobuf..", "com.google.rpc..", "dev.earshot.v1.."))
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule onlyTheCommandLineUsesTheClient =
      noClasses()
          .that()
          .resideOutsideOfPackages(APP, "dev.earshot.client..")
          .should()
          .dependOnClassesThat(resideInAPackage("dev.earshot.client.."))
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule onlyModelKnowsOnnxRuntime = vendorStaysIn("ai.onnxruntime..", MODEL);

  @ArchTest
  static final ArchRule onlyTheRocksDbStoreKnowsRocksDb =
      vendorStaysIn("org.rocksdb..", "dev.earshot.store.rocksdb..");

  @ArchTest
  static final ArchRule onlyTheDynamoDbStoreKnowsDynamoDb =
      vendorStaysIn("software.amazon..", "dev.earshot.store.dynamodb..");

  @ArchTest
  static final ArchRule onlyTheCryptoStoreKnowsTink =
      vendorStaysIn("com.google.crypto.tink..", "dev.earshot.store.crypto..");

  private static ArchRule vendorStaysIn(String vendor, String home) {
    return noClasses()
        .that()
        .resideOutsideOfPackage(home)
        .should()
        .dependOnClassesThat(resideInAPackage(vendor))
        .allowEmptyShould(true);
  }
}
