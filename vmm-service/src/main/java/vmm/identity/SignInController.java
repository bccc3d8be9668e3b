package vmm.identity;

import org.jspecify.annotations.Nullable;
import org.springframework.security.core.Authentication;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

import vmm.web.Problem;

import java.util.Collection;
import java.util.List;

/** Who one is, and whom the demo lets one be. */
@RestController
@RequestMapping("/api/v1")
class SignInController {

    private final SignIns signIns;

    SignInController(SignIns signIns) {
        this.signIns = signIns;
    }

    /** A member of every group has the group {@code *}. */
    record Me(String name, Collection<Role> roles, Collection<String> groups) {}

    record DemoSignIns(List<Demo.Entry> signIns) {}

    /**
     * What a page begins with.
     *
     * @param me null for whoever is not signed in
     * @param demo none where this is not the demo
     */
    record Session(@Nullable Me me, List<Demo.Entry> demo) {}

    /** For everybody: a page that is opened for the first time asks this and is not refused. */
    @GetMapping("/session")
    Session session(@Nullable Authentication who) {
        return new Session(
                who != null && who.getPrincipal() instanceof Person person ? me(person) : null,
                signIns.demo());
    }

    @GetMapping("/me")
    Me me(Person person) {
        return new Me(
                person.name(), person.roles(), person.allGroups() ? List.of("*") : person.groups());
    }

    @GetMapping("/demo")
    DemoSignIns demo() {
        if (signIns.demo().isEmpty()) {
            throw Problem.notFound("demo");
        }
        return new DemoSignIns(signIns.demo());
    }
}
