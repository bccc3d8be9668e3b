package vmm.identity;

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
