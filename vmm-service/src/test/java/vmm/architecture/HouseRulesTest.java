package vmm.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

class HouseRulesTest {

    private static final JavaClasses main =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .withImportOption(location -> !location.contains("-tests.jar"))
                    .importPackages("vmm");

    private static final JavaClasses mainAndTests = new ClassFileImporter().importPackages("vmm");

    static final List<ArchRule> rules = HouseRules.ALL;

    @TempDir Path directory;

    @ParameterizedTest
    @FieldSource("rules")
    void mainClassesKeep(ArchRule rule) {
        rule.check(main);
    }

    @Test
    void testsUseNoMocks() {
        HouseRules.NO_MOCKS.check(mainAndTests);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "org.mockito.Mockito",
                "org.easymock.EasyMock",
                "org.jmock.Mockery",
                "org.powermock.api.mockito.PowerMockito",
                "mockit.Mocked"
            })
    void noMockingLibraryIsOnTheClassPath(String type) {
        assertThat(getClass().getClassLoader().getResource(type.replace('.', '/') + ".class"))
                .isNull();
    }

    record Offence(ArchRule rule, String... sources) {}

    static Stream<Offence> offences() {
        return Stream.of(
                offence("java.time.Instant at() { return java.time.Instant.now(); }"),
                offence(
                        "Object at() { return"
                                + " java.time.LocalDateTime.now(java.time.ZoneOffset.UTC); }"),
                offence("Object clock = java.time.Clock.systemUTC();"),
                offence("Object clock = java.time.InstantSource.system();"),
                offence("long at() { return System.currentTimeMillis(); }"),
                offence("java.util.function.LongSupplier at = System::currentTimeMillis;"),
                offence("Object at() { return new java.util.Date(); }"),
                new Offence(
                        HouseRules.IDS_ARE_MADE_BY_THEIR_OWNER,
                        vm("Object id = java.util.UUID.randomUUID();")),
                new Offence(HouseRules.CHANCE_IS_SEEDED, vm("double chance = Math.random();")),
                new Offence(
                        HouseRules.NOBODY_SLEEPS,
                        vm("void nap() throws InterruptedException { Thread.sleep(1); }")),
                new Offence(
                        HouseRules.NOBODY_SLEEPS,
                        vm(
                                "void nap() throws Exception {"
                                        + " java.util.concurrent.TimeUnit.DAYS.sleep(1); }")),
                new Offence(
                        HouseRules.QUARTZ_ONLY_TICKS,
                        vm("org.quartz.Job job;"),
                        "package org.quartz; public class Job {}"),
                new Offence(
                        HouseRules.JCLOUDS_IS_BEHIND_THE_SPI,
                        vm("org.jclouds.Context context;"),
                        "package org.jclouds; public class Context {}"),
                new Offence(
                        HouseRules.SIMULATED_IS_BEHIND_THE_SPI,
                        vm("vmm.cloud.simulated.Weather weather;"),
                        "package vmm.cloud.simulated; public class Weather {}"),
                new Offence(
                        HouseRules.NO_MOCKS,
                        vm("org.mockito.Mockito mockito;"),
                        "package org.mockito; public class Mockito {}"),
                new Offence(HouseRules.NAMES_SAY_WHAT_A_TYPE_IS, vm("record VmInfo() {}")),
                new Offence(HouseRules.PACKAGES_SAY_WHAT_THEY_ARE, vm("")));
    }

    @ParameterizedTest
    @MethodSource("offences")
    void eachRuleCanFail(Offence offence) {
        assertThat(offence.rule().evaluate(compiled(offence.sources())).hasViolation()).isTrue();
    }

    /** The same class, where it may be or done as it should be. */
    static Stream<Offence> innocents() {
        return Stream.of(
                new Offence(
                        HouseRules.TIME_COMES_IN_THROUGH_THE_CONSTRUCTOR,
                        vm(
                                "Object at(java.time.Clock clock) { return"
                                        + " java.time.LocalDate.now(clock); }")),
                new Offence(
                        HouseRules.TIME_COMES_IN_THROUGH_THE_CONSTRUCTOR,
                        vm("long measured() { return System.nanoTime(); }")),
                new Offence(
                        HouseRules.IDS_ARE_MADE_BY_THEIR_OWNER,
                        "package vmm.vm; class Ids { Object id = java.util.UUID.randomUUID(); }"),
                new Offence(
                        HouseRules.QUARTZ_ONLY_TICKS,
                        "package vmm.reconcile; class Ticks { org.quartz.Job job; }",
                        "package org.quartz; public class Job {}"),
                new Offence(HouseRules.NAMES_SAY_WHAT_A_TYPE_IS, vm("record Database() {}")));
    }

    @ParameterizedTest
    @MethodSource("innocents")
    void noRuleForbidsWhatIsRight(Offence innocent) {
        assertThat(innocent.rule().evaluate(compiled(innocent.sources())).hasViolation()).isFalse();
    }

    private static Offence offence(String member) {
        return new Offence(HouseRules.TIME_COMES_IN_THROUGH_THE_CONSTRUCTOR, vm(member));
    }

    private static String vm(String member) {
        return "package vmm.vm; class Vm { " + member + " }";
    }

    private JavaClasses compiled(String... sources) {
        Fixture.compile(directory, sources);
        return new ClassFileImporter().importPath(directory);
    }
}
