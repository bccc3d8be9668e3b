package vmm.identity;

import org.springframework.security.crypto.password.PasswordEncoder;

import java.util.List;
import java.util.Set;

/** The demo's sign-ins, each with its own name as password: no secrets, and shown to everybody. */
final class Demo {

    /** One of them, as it is shown. */
    record Entry(String name, String password, String what) {}

    private Demo() {}

    static SignIns signIns(PasswordEncoder hash) {
        return new SignIns(
                List.of(
                        signIn("scientist", Role.SCIENTIST, Set.of(), true, hash),
                        signIn("muon", Role.SCIENTIST, Set.of("Muon"), false, hash),
                        signIn("operator", Role.OPERATOR, Set.of(), true, hash),
                        signIn("admin", Role.ADMIN, Set.of(), true, hash)),
                List.of(
                        new Entry("scientist", "scientist", "a scientist of every group"),
                        new Entry("muon", "muon", "a scientist of the group Muon"),
                        new Entry("operator", "operator", "an operator, who sees the fleet"),
                        new Entry(
                                "admin", "admin", "an administrator, who sets pools and clouds")));
    }

    private static SignIn signIn(
            String name, Role role, Set<String> groups, boolean all, PasswordEncoder hash) {
        return new SignIn(new Person(name, Set.of(role), groups, all), hash.encode(name));
    }

    /** The sign-ins as a small table for the log. */
    static String table(List<Entry> entries) {
        StringBuilder table =
                new StringBuilder("demo sign-ins (VMM_USERS names a file of real ones)");
        entries.forEach(
                entry ->
                        table.append(
                                "%n  %-10s password %-10s %s"
                                        .formatted(entry.name(), entry.password(), entry.what())));
        return table.toString();
    }
}
