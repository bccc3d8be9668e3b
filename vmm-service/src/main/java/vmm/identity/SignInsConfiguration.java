package vmm.identity;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.web.server.AbstractConfigurableWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.crypto.bcrypt.BCryptPasswordEncoder;
import org.springframework.security.crypto.factory.PasswordEncoderFactories;
import org.springframework.security.crypto.password.DelegatingPasswordEncoder;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.util.StringUtils;

import vmm.database.StartRefused;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.util.Map;

import javax.crypto.KeyGenerator;

/** Decides who can sign in and, from that, where the service may listen. */
@Configuration(proxyBeanMethods = false)
class SignInsConfiguration {

    private static final Logger log = LoggerFactory.getLogger(SignInsConfiguration.class);

    @Bean
    SignIns signIns(Environment environment) {
        return choose(environment);
    }

    static SignIns choose(Environment environment) {
        String users = text(environment, "vmm.users");
        if (users != null) {
            UsersFile.Read read = UsersFile.read(Path.of(users));
            read.warnings().forEach(log::warn);
            return new SignIns(read.signIns());
        }
        if (!environment.getProperty("vmm.demo", Boolean.class, false)) {
            String address = text(environment, "server.address");
            if (text(environment, "spring.datasource.url") != null) {
                throw new StartRefused(
                        "nobody can sign in: set VMM_USERS to a file of sign-ins (the demo's are"
                                + " for the embedded database; VMM_DEMO=true allows them here)");
            }
            if (address != null && !loopback(address)) {
                throw new StartRefused(
                        "nobody can sign in: set VMM_USERS to a file of sign-ins (the demo's are"
                                + " not offered on SERVER_ADDRESS "
                                + address
                                + "; VMM_DEMO=true allows them)");
            }
        }
        // What everybody knows needs no slow hash.
        SignIns demo =
                Demo.signIns(
                        new DelegatingPasswordEncoder(
                                "bcrypt", Map.of("bcrypt", new BCryptPasswordEncoder(4))));
        log.info(Demo.table(demo.demo()));
        return demo;
    }

    @Bean
    DemoMode demoMode(SignIns signIns) {
        return new DemoMode(!signIns.demo().isEmpty());
    }

    @Bean
    PasswordEncoder passwordEncoder() {
        return PasswordEncoderFactories.createDelegatingPasswordEncoder();
    }

    @Bean
    AuthenticationProvider passwordCheck(
            SignIns signIns, PasswordEncoder encoder, InstantSource clock)
            throws NoSuchAlgorithmException {
        int atATime = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
        return new PasswordCheck(
                signIns,
                encoder,
                KeyGenerator.getInstance("HmacSHA256").generateKey(),
                clock,
                atATime);
    }

    /**
     * Without SERVER_ADDRESS: this machine only, until sign-ins are configured. It wants the
     * sign-ins so that a wrong file is refused before anything else begins.
     */
    @Bean
    @Order(Ordered.LOWEST_PRECEDENCE)
    WebServerFactoryCustomizer<AbstractConfigurableWebServerFactory> listenOnlyHereUntilConfigured(
            SignIns signIns, Environment environment) {
        return factory -> {
            if (text(environment, "server.address") == null) {
                factory.setAddress(address(signIns.demo().isEmpty() ? "0.0.0.0" : "127.0.0.1"));
            }
        };
    }

    private static boolean loopback(String address) {
        return address(address).isLoopbackAddress();
    }

    private static InetAddress address(String address) {
        try {
            return InetAddress.getByName(address);
        } catch (UnknownHostException e) {
            throw new StartRefused("SERVER_ADDRESS " + address + " is no address of this machine");
        }
    }

    private static @Nullable String text(Environment environment, String property) {
        String value = environment.getProperty(property);
        return StringUtils.hasText(value) ? value.strip() : null;
    }
}
