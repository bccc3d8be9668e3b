package vmm.architecture;

import org.junit.jupiter.api.Test;
import org.springframework.modulith.core.ApplicationModules;
import org.springframework.modulith.docs.Documenter;

import vmm.VmmApplication;

class ModulesTest {

    private static final ApplicationModules modules = ApplicationModules.of(VmmApplication.class);

    @Test
    void modulesUseOnlyWhatTheySayTheyUse() {
        modules.verify();
    }

    /** Diagrams and tables of the modules, in target/spring-modulith-docs. */
    @Test
    void modulesAreDocumented() {
        new Documenter(modules).writeDocumentation();
    }
}
