package vmm.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;

import java.time.Clock;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What holds for every class of the project, beyond what the compiler checks.
 *
 * <p>A rule about a call also finds it as a method reference.
 */
final class HouseRules {

    static final ArchRule TIME_COMES_IN_THROUGH_THE_CONSTRUCTOR =
            noClasses()
                    .that()
                    .doNotHaveFullyQualifiedName("vmm.database.ClockConfiguration")
                    .should()
                    .accessTargetWhere(
                            describe("the system is asked for the time", HouseRules::asksForTime))
                    .because("java.time.InstantSource is injected; vmm.database owns the real one");

    static final ArchRule IDS_ARE_MADE_BY_THEIR_OWNER =
            noClasses()
                    .that()
                    .doNotHaveFullyQualifiedName("vmm.vm.Ids")
                    .should()
                    .accessTargetWhere(calls(Map.of("java.util.UUID", Set.of("randomUUID"))))
                    .because("vmm.vm.Ids makes them, so that a simulation can repeat them")
                    .allowEmptyShould(true);

    static final ArchRule CHANCE_IS_SEEDED =
            noClasses()
                    .should()
                    .accessTargetWhere(calls(Map.of("java.lang.Math", Set.of("random"))))
                    .because("what cannot be repeated cannot be debugged");

    static final ArchRule NOBODY_SLEEPS =
            noClasses()
                    .that()
                    .doNotHaveFullyQualifiedName("vmm.cloud.simulated.Pause")
                    .should()
                    .accessTargetWhere(
                            calls(
                                    Map.of(
                                            "java.lang.Thread", Set.of("sleep"),
                                            "java.util.concurrent.TimeUnit", Set.of("sleep"))))
                    .because("the loop comes by again; only a simulated cloud may take its time");

    static final ArchRule QUARTZ_ONLY_TICKS = onlyIn("org.quartz..", "vmm.reconcile..");

    static final ArchRule JCLOUDS_IS_BEHIND_THE_SPI =
            onlyIn("org.jclouds..", "vmm.cloud.jclouds..");

    static final ArchRule SIMULATED_IS_BEHIND_THE_SPI =
            onlyIn("vmm.cloud.simulated..", "vmm.cloud.simulated..");

    static final ArchRule NO_MOCKS =
            noClasses()
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(
                            "org.mockito..",
                            "org.springframework.test.context.bean.override.mockito..",
                            "org.easymock..",
                            "org.jmock..",
                            "org.powermock..",
                            "mockit..")
                    .because("fakes and real databases tell the truth");

    static final ArchRule NAMES_SAY_WHAT_A_TYPE_IS =
            noClasses()
                    .should()
                    .haveNameMatching(
                            ".*(Helper|Helpers|Util|Utils|Impl|Base|Common|Processor|Data|Info|Manager)")
                    .because("these say nothing");

    static final ArchRule PACKAGES_SAY_WHAT_THEY_ARE =
            classes()
                    .should(
                            new ArchCondition<>("be in a package with an annotated package-info") {
                                @Override
                                public void check(JavaClass type, ConditionEvents events) {
                                    boolean said =
                                            type.getPackage().tryGetPackageInfo().isPresent();
                                    events.add(
                                            new SimpleConditionEvent(
                                                    type,
                                                    said,
                                                    type.getPackageName()
                                                            + " of "
                                                            + type.getName()));
                                }
                            });

    /** For main classes; {@link #NO_MOCKS} is for tests too. */
    static final List<ArchRule> ALL =
            List.of(
                    TIME_COMES_IN_THROUGH_THE_CONSTRUCTOR,
                    IDS_ARE_MADE_BY_THEIR_OWNER,
                    CHANCE_IS_SEEDED,
                    NOBODY_SLEEPS,
                    QUARTZ_ONLY_TICKS,
                    JCLOUDS_IS_BEHIND_THE_SPI,
                    SIMULATED_IS_BEHIND_THE_SPI,
                    NO_MOCKS,
                    NAMES_SAY_WHAT_A_TYPE_IS,
                    PACKAGES_SAY_WHAT_THEY_ARE);

    private static final Map<String, Set<String>> SYSTEM_TIME =
            Map.of(
                    "java.lang.System", Set.of("currentTimeMillis"),
                    "java.time.Clock",
                            Set.of(
                                    "system",
                                    "systemUTC",
                                    "systemDefaultZone",
                                    "tickMillis",
                                    "tickSeconds",
                                    "tickMinutes"),
                    "java.time.InstantSource", Set.of("system"));

    private HouseRules() {}

    private static ArchRule onlyIn(String library, String place) {
        return noClasses()
                .that()
                .resideOutsideOfPackage(place)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library)
                .allowEmptyShould(true);
    }

    private static boolean asksForTime(JavaAccess<?> access) {
        return access.getTargetOwner().getPackageName().equals("java.time")
                        && access.getName().equals("now")
                        && !takes(access, Clock.class)
                || access.getTargetOwner().isEquivalentTo(Date.class)
                        && access.getName().equals("<init>")
                        && !takes(access, long.class)
                || isOneOf(SYSTEM_TIME, access);
    }

    /** {@code now(clock)} is fine: the clock came in through the constructor. */
    private static boolean takes(JavaAccess<?> access, Class<?> parameter) {
        return access.getTarget() instanceof CodeUnitAccessTarget target
                && target.getRawParameterTypes().stream()
                        .anyMatch(type -> type.isEquivalentTo(parameter));
    }

    private static DescribedPredicate<JavaAccess<?>> calls(Map<String, Set<String>> methods) {
        return describe("uses " + methods, access -> isOneOf(methods, access));
    }

    private static boolean isOneOf(Map<String, Set<String>> methods, JavaAccess<?> access) {
        return methods.getOrDefault(access.getTargetOwner().getName(), Set.of())
                .contains(access.getName());
    }
}
