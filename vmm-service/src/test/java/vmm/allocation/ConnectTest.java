package vmm.allocation;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.List;
import java.util.Optional;

class ConnectTest {
    private static final Connect DESKTOP =
            new Connect("desktop", "https://{address}:6080/?u={user}&p={secret}", null);
    private static final Connect SSH = new Connect("ssh", null, "ssh {user}@{address}");

    record Row(
            Connect template,
            @Nullable String address,
            @Nullable String secret,
            String user,
            @Nullable String filled) {}

    static List<Row> rows() {
        return List.of(
                new Row(
                        DESKTOP,
                        "10.0.0.7",
                        "s_-cret",
                        "muon",
                        "https://10.0.0.7:6080/?u=muon&p=s_-cret"),
                new Row(
                        DESKTOP,
                        "10.0.0.7",
                        null,
                        "muon",
                        "https://10.0.0.7:6080/?u=muon&p={secret}"),
                new Row(
                        DESKTOP,
                        "2001:db8::1",
                        "s",
                        "a@b+c",
                        "https://[2001:db8::1]:6080/?u=a%40b%2Bc&p=s"),
                new Row(
                        DESKTOP,
                        "vm.example.org",
                        "s",
                        "Åse &=#/?",
                        "https://vm.example.org:6080/?u=%C3%85se%20%26%3D%23%2F%3F&p=s"),
                new Row(SSH, "10.0.0.7", "s", "muon", "ssh muon@10.0.0.7"),
                new Row(SSH, "2001:db8::1", "s", "muon", "ssh muon@2001:db8::1"),
                new Row(SSH, "10.0.0.7", "s", "Åse", "ssh 'Åse'@10.0.0.7"),
                new Row(
                        SSH,
                        "10.0.0.7",
                        "s",
                        "x; rm -rf ~ $(id) `id` 'q'",
                        "ssh 'x; rm -rf ~ $(id) `id` '\\''q'\\'''@10.0.0.7"),
                new Row(SSH, "10.0.0.7", "s", "-oProxyCommand=x", null),
                new Row(SSH, "10.0.0.7; reboot", "s", "muon", null),
                new Row(SSH, "-oProxyCommand", "s", "muon", null),
                new Row(DESKTOP, "evil.example/?x=", "s", "muon", null),
                new Row(SSH, null, "s", "muon", null),
                new Row(
                        new Connect("docs", "https://docs.example/", null),
                        null,
                        "s",
                        "muon",
                        "https://docs.example/"));
    }

    @ParameterizedTest
    @MethodSource("rows")
    void aWayIsFilledInSafelyOrNotShown(Row row) {
        var filled = row.template().fill(row.address(), row.secret(), row.user());
        assertThat(filled.map(way -> way.url() == null ? way.command() : way.url()))
                .isEqualTo(Optional.ofNullable(row.filled()));
        filled.ifPresent(way -> assertThat(way.kind()).isEqualTo(row.template().kind()));
    }

    @Test
    void theShellReadsOneWord() throws Exception {
        String user = "it's; $(echo) `echo` \"x\" \\ *";
        String command = SSH.fill("10.0.0.7", null, user).orElseThrow().command();
        var shell =
                new ProcessBuilder(
                                "sh", "-c", "printf '%s' " + String.valueOf(command).substring(4))
                        .start();
        assertThat(
                        new String(
                                shell.getInputStream().readAllBytes(),
                                java.nio.charset.StandardCharsets.UTF_8))
                .isEqualTo(user + "@10.0.0.7");
    }
}
