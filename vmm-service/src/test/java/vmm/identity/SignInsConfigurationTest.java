package vmm.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.mock.env.MockEnvironment;
import org.springframework.security.crypto.factory.PasswordEncoderFactories;

import vmm.database.StartRefused;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Who can sign in, and when the service refuses to start. */
class SignInsConfigurationTest {

    private static final String HASH = "{bcrypt}$2y$10$" + "a".repeat(53);

    @TempDir Path directory;

    /** A file, and how the one line of its refusal goes on after the path. */
    record Wrong(String yaml, String line) {}

    static Stream<Wrong> wrongFiles() {
        String ada = "- {name: ada, password: \"" + HASH + "\", roles: [SCIENTIST]}\n";
        return Stream.of(
                new Wrong("", ":1: is no list of sign-ins"),
                new Wrong("[]", ":1: is no list of sign-ins"),
                new Wrong("name: ada", ":1: is no list of sign-ins"),
                new Wrong("- {name: ada", ":1: is not YAML: "),
                new Wrong("\t- x", ":1: is not YAML: "),
                new Wrong("- !!java.io.File [x]", ":1: is not YAML: Global tag is not allowed"),
                new Wrong(ada + "- ada", ":2: a sign-in is {name, password, roles, groups}"),
                new Wrong(ada + "\n" + ada, ":3: 'ada' comes twice"),
                new Wrong(ada + "- {name: bob, pasword: x}", ":2: 'pasword' is unknown"),
                new Wrong("- name: ada\n  name: bob", ":2: "),
                new Wrong(
                        "- {password: \"" + HASH + "\", roles: [ADMIN]}",
                        ":1: a sign-in has no name"),
                new Wrong("- {name: [], password: x}", ":1: name must be text"),
                new Wrong("- {name: 'a:b', password: x}", ":1: a name has 1 to 100 letters"),
                new Wrong("- name: ada\n  roles: [ADMIN]", ":1: 'ada' has no password"),
                new Wrong(
                        "- name: ada\n  password: secret",
                        ":2: the password of 'ada' is in plain text"),
                new Wrong("- name: ada\n  password: {bcrypt}x", ":2: "),
                new Wrong(
                        "- name: ada\n  password: \"{rot13}x\"",
                        ":2: the password of 'ada' is of the unknown kind {rot13}"),
                new Wrong(
                        "- name: ada\n  password: \"{bcrypt}y0\"",
                        ":2: the password of 'ada' is no bcrypt hash"),
                new Wrong(
                        "- name: ada\n  password: \"{noop}\"",
                        ":2: the password of 'ada' is empty"),
                new Wrong(
                        "- name: ada\n  password: \"{argon2}$argon2id$\"",
                        ":2: the password of 'ada' is of the kind {argon2}"),
                new Wrong("- {name: ada, password: \"" + HASH + "\"}", ":1: 'ada' has no role"),
                new Wrong(
                        "- {name: ada, password: \"" + HASH + "\", roles: ADMIN}",
                        ":1: roles is a list"),
                new Wrong(
                        "- name: ada\n  password: \"" + HASH + "\"\n  roles:\n  - KING",
                        ":4: 'KING' is no role"),
                new Wrong(
                        "- {name: ada, password: \"" + HASH + "\", roles: [ADMIN], groups: Muon}",
                        ":1: groups is a list"));
    }

    @ParameterizedTest
    @MethodSource("wrongFiles")
    void aWrongFileIsRefusedInOneLine(Wrong wrong) throws IOException {
        Path file = file(wrong.yaml());
        assertThatThrownBy(() -> UsersFile.read(file))
                .isInstanceOf(StartRefused.class)
                .message()
                .startsWith("VMM_USERS: " + file + wrong.line())
                .doesNotContain("\n", "secret", "aaaa");
    }

    @Test
    void aMissingFileIsRefused() {
        assertThatThrownBy(() -> UsersFile.read(directory.resolve("none.yaml")))
                .isInstanceOf(StartRefused.class)
                .hasMessageContaining("there is no file");
        assertThatThrownBy(() -> UsersFile.read(directory))
                .isInstanceOf(StartRefused.class)
                .hasMessageContaining("cannot be read");
    }

    @Test
    void aRightFileSaysWhoCanSignIn() throws IOException {
        String ada = PasswordEncoderFactories.createDelegatingPasswordEncoder().encode("lovelace");
        UsersFile.Read read =
                UsersFile.read(
                        file(
                                """
                                # the people of the facility
                                - name: ada
                                  password: "%s"
                                  roles: [scientist]
                                  groups: [Muon, ISIS]
                                - {name: grace, password: "{noop}hopper", roles: [ADMIN], groups: ["*"]}
                                """
                                        .formatted(ada)));
        assertThat(read.signIns())
                .extracting(SignIn::person)
                .containsExactly(
                        new Person("ada", Set.of(Role.SCIENTIST), Set.of("Muon", "ISIS"), false),
                        new Person("grace", Set.of(Role.ADMIN), Set.of(), true));
        assertThat(read.signIns().getFirst().passwordHash()).isEqualTo(ada);
        assertThat(read.warnings())
                .singleElement()
                .asString()
                .contains(":6:", "'grace'")
                .doesNotContain("hopper");
        assertThat(read.signIns().toString()).doesNotContain(ada, "hopper");
    }

    @Test
    void theDemosSignInsAreForTheEmbeddedDatabaseOnThisMachine() {
        assertThat(SignInsConfiguration.choose(new MockEnvironment()).demo()).hasSize(4);
        for (String here : List.of("127.0.0.1", "localhost", "::1", "127.9.9.9")) {
            var environment = new MockEnvironment().withProperty("server.address", here);
            assertThat(SignInsConfiguration.choose(environment).demo()).hasSize(4);
        }
    }

    @Test
    void elsewhereNobodyCouldSignInAndTheStartIsRefused() {
        MockEnvironment database =
                new MockEnvironment().withProperty("spring.datasource.url", "jdbc:postgresql:vmm");
        MockEnvironment network = new MockEnvironment().withProperty("server.address", "0.0.0.0");
        for (MockEnvironment environment : List.of(database, network)) {
            assertThatThrownBy(() -> SignInsConfiguration.choose(environment))
                    .isInstanceOf(StartRefused.class)
                    .message()
                    .startsWith("nobody can sign in: set VMM_USERS")
                    .doesNotContain("\n");
            environment.setProperty("vmm.demo", "true");
            assertThat(SignInsConfiguration.choose(environment).demo()).hasSize(4);
        }
    }

    @Test
    void aFileOfUsersReplacesTheDemosOnAnyDatabaseAndAddress() throws IOException {
        Path file = file("- {name: ada, password: \"" + HASH + "\", roles: [SCIENTIST]}");
        SignIns signIns =
                SignInsConfiguration.choose(
                        new MockEnvironment()
                                .withProperty("vmm.users", file.toString())
                                .withProperty("vmm.demo", "true")
                                .withProperty("spring.datasource.url", "jdbc:postgresql:vmm")
                                .withProperty("server.address", "0.0.0.0"));
        assertThat(signIns.demo()).isEmpty();
        assertThat(signIns.of("ada")).isPresent();
        assertThat(signIns.of("admin")).isEmpty();
    }

    private Path file(String yaml) throws IOException {
        return Files.writeString(directory.resolve("users.yaml"), yaml);
    }
}
