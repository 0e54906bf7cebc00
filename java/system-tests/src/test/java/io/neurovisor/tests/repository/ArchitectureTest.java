package io.neurovisor.tests.repository;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTag;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.neurovisor.engine.fault.NeuroVisorException;

/** The architecture as rules: the directions of dependencies, and single owners of dangerous APIs. */
@ArchTag("rule")
@AnalyzeClasses(packages = "io.neurovisor", importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {
    @ArchTest
    static final ArchRule dependenciesPointInwards = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("cli")
            .definedBy("io.neurovisor.cli..")
            .layer("bench")
            .definedBy("io.neurovisor.bench..")
            .layer("examples")
            .definedBy("io.neurovisor.examples..")
            .layer("server")
            .definedBy("io.neurovisor.server..")
            .layer("host")
            .definedBy("io.neurovisor.host..")
            .layer("lab")
            .definedBy("io.neurovisor.lab..")
            .layer("agent")
            .definedBy("io.neurovisor.agent..")
            .layer("database")
            .definedBy("io.neurovisor.database..")
            .layer("sessions")
            .definedBy("io.neurovisor.session..")
            .layer("engine")
            .definedBy("io.neurovisor.engine..")
            .whereLayer("cli")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("bench")
            .mayOnlyBeAccessedByLayers("cli")
            .whereLayer("examples")
            .mayOnlyBeAccessedByLayers("cli")
            .whereLayer("server")
            .mayOnlyBeAccessedByLayers("bench", "examples", "cli")
            .whereLayer("host")
            .mayOnlyBeAccessedByLayers("database", "lab", "sessions", "server", "bench", "examples", "cli")
            .whereLayer("database")
            .mayOnlyBeAccessedByLayers("sessions", "server")
            .whereLayer("lab")
            .mayOnlyBeAccessedByLayers("server", "cli")
            .whereLayer("agent")
            .mayOnlyBeAccessedByLayers("sessions", "server", "bench", "examples", "cli")
            .whereLayer("sessions")
            .mayOnlyBeAccessedByLayers("server", "cli")
            .whereLayer("engine")
            .mayOnlyBeAccessedByLayers(
                    "agent", "host", "database", "lab", "sessions", "server", "bench", "examples", "cli")
            .because("entry points translate, the host layer accesses the machine, the agent talks to models, and the"
                    + " engine depends on none of them");

    @ArchTest
    static final ArchRule modelServersHaveOneOwner = noClasses()
            .that()
            .resideOutsideOfPackage("io.neurovisor.agent.provider..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.langchain4j..")
            .because("replies of model servers are validated in one place");

    @ArchTest
    static final ArchRule whoAsksByHttpIsKnown = noClasses()
            .that()
            .resideOutsideOfPackages(
                    "io.neurovisor.agent.provider..", "io.neurovisor.bench.sandbox..", "io.neurovisor.server.client..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.net.http..")
            .because("each response is bounded in time and size, from a model server or from a daemon");

    @ArchTest
    static final ArchRule sqlStaysWithItsOwners = noClasses()
            .that()
            .resideOutsideOfPackages(
                    "io.neurovisor.database..",
                    "io.neurovisor.session..",
                    "io.neurovisor.server.access..",
                    "io.neurovisor.server.journal..",
                    "io.neurovisor.server.sandbox.records..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.jdbi..", "java.sql..", "javax.sql..")
            .because("each table is read and written in one place, and programs that embed the agent need no database");

    @ArchTest
    static final ArchRule jettyStaysWithHttpApis = noClasses()
            .that()
            .resideOutsideOfPackages("io.neurovisor.server.http..", "io.neurovisor.e2b..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.eclipse.jetty..")
            .because("the limits of HTTP clients are set in one place, and run loads no class of it");

    @ArchTest
    static final ArchRule theDriverHasOneOwner = noClasses()
            .that()
            .resideOutsideOfPackage("io.neurovisor.database..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.sqlite..")
            .because("how a database is opened and what its failures mean is the same for all of them");

    @ArchTest
    static final ArchRule engineNeedsOnlyTheJdk = classes()
            .that()
            .resideInAPackage("io.neurovisor.engine..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("io.neurovisor.engine..", "java..", "org.jspecify..", "org.slf4j..")
            .because("the product's logic must run and be tested without a machine");

    @ArchTest
    static final ArchRule packagesHaveNoCycles = slices().matching("io.neurovisor.(*).(*)..")
            .should()
            .beFreeOfCycles()
            .because("two packages in a cycle are one package");

    @ArchTest
    static final ArchRule commandsDoNotKnowTheEntryPoint = noClasses()
            .that()
            .resideInAPackage("io.neurovisor.cli.*..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.neurovisor.cli")
            .because("the entry point creates the commands and passes them what they need");

    @ArchTest
    static final ArchRule processesHaveTwoOwners = noClasses()
            .that()
            .resideOutsideOfPackages("io.neurovisor.host.process..", "io.neurovisor.host.spawner..")
            .should()
            .dependOnClassesThat()
            .haveFullyQualifiedName(ProcessBuilder.class.getName())
            .because("only the spawner starts virtual machines, and only host.process starts tools");

    @ArchTest
    static final ArchRule nativeCallsHaveOneOwner = noClasses()
            .that()
            .resideOutsideOfPackage("io.neurovisor.host.nativecalls..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("java.lang.foreign..")
            .because("native memory and errno are handled in one place");

    @ArchTest
    static final ArchRule generatedMessagesStayAtTheEdges = noClasses()
            .that()
            .resideOutsideOfPackages(
                    "io.neurovisor.proto..",
                    "io.neurovisor.e2b..",
                    "io.neurovisor.host.guestlink..",
                    "io.neurovisor.host.protocol..",
                    "io.neurovisor.host.spawner..",
                    "io.neurovisor.server.client..",
                    "io.neurovisor.server.grpc..",
                    "io.neurovisor.server.daemon..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.neurovisor.proto..")
            .because("edges translate; the core has values of its own");

    @ArchTest
    static final ArchRule messagesOfE2bStayInItsModule = noClasses()
            .that()
            .resideOutsideOfPackages("io.neurovisor.proto.e2b..", "io.neurovisor.e2b..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.neurovisor.proto.e2b..")
            .because("another product's interface is translated in one place");

    @ArchTest
    static final ArchRule commandLineLibraryStaysInTheCli = noClasses()
            .that()
            .resideOutsideOfPackage("io.neurovisor.cli..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("picocli..", "me.tongfei..", "org.jline..")
            .because("only the command line parses arguments and draws on a terminal");

    @ArchTest
    static final ArchRule noClassSleeps = noClasses()
            .should()
            .callMethod(Thread.class, "sleep", long.class)
            .orShould()
            .callMethod(Thread.class, "sleep", java.time.Duration.class)
            .because("readiness is a condition with a deadline");

    @ArchTest
    static final ArchRule clocksAreHandedIn = noClasses()
            .should()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(java.time.Instant.class, "now")
            .because("tests advance time, they do not wait for it");

    @ArchTest
    static final ArchRule faultsAreTheOnlyExceptionsMade = noClasses()
            .that()
            .resideInAnyPackage("io.neurovisor.engine..", "io.neurovisor.host..", "io.neurovisor.server..")
            .should()
            .callConstructor(RuntimeException.class, String.class)
            .because("every exception that leaves a module is a " + NeuroVisorException.class.getSimpleName());

    @ArchTest
    static final ArchRule namesSayWhatAThingIs = noClasses()
            .that()
            .resideOutsideOfPackage("io.neurovisor.proto..")
            .should()
            .haveSimpleNameEndingWith("Manager")
            .orShould()
            .haveSimpleNameEndingWith("Helper")
            .orShould()
            .haveSimpleNameEndingWith("Impl")
            .orShould()
            .haveSimpleNameEndingWith("Util")
            .orShould()
            .haveSimpleNameEndingWith("Utils")
            .orShould()
            .haveSimpleNameEndingWith("Processor")
            .orShould()
            .resideInAnyPackage("..impl..", "..util..", "..common..", "..misc..", "..internal..")
            .because("such a name hides the job");
}
