package vmm.identity;

import jakarta.servlet.DispatcherType;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpMethod;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AuthorizeHttpRequestsConfigurer;
import org.springframework.security.config.observation.SecurityObservationSettings;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.csrf.CookieCsrfTokenRepository;
import org.springframework.security.web.csrf.CsrfFilter;
import org.springframework.security.web.header.writers.ReferrerPolicyHeaderWriter.ReferrerPolicy;
import org.springframework.security.web.savedrequest.NullRequestCache;

import java.util.Arrays;
import java.util.stream.Stream;

/**
 * What each may reach: HTTP Basic for programs, a session for the browser, problems for the rest.
 */
@Configuration(proxyBeanMethods = false)
class SecurityConfiguration {

    private static final String[] OF_ADMINS =
            paths(
                    "pools",
                    "clouds",
                    "simulated-clouds",
                    "schedules",
                    "reconcilers",
                    "usage",
                    "forecast",
                    "simulations");
    private static final String[] WINDOWS_OF_CLOUDS = paths("clouds/*/maintenance-windows");
    private static final String CONTENT_POLICY =
            "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src"
                    + " 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    @Bean
    SecurityFilterChain security(HttpSecurity http) throws Exception {
        SecurityAnswers answers = new SecurityAnswers();
        return http.authorizeHttpRequests(SecurityConfiguration::authorize)
                .httpBasic(basic -> basic.authenticationEntryPoint(answers))
                .formLogin(
                        form ->
                                form.loginPage("/login")
                                        .loginProcessingUrl("/login")
                                        .successHandler(answers)
                                        .failureHandler(answers::commence)
                                        .permitAll())
                .logout(
                        logout ->
                                logout.logoutUrl("/logout")
                                        .logoutSuccessHandler(answers)
                                        .deleteCookies("JSESSIONID"))
                .exceptionHandling(
                        errors ->
                                errors.authenticationEntryPoint(answers)
                                        .accessDeniedHandler(answers))
                .csrf(
                        csrf ->
                                csrf.csrfTokenRepository(tokens())
                                        .csrfTokenRequestHandler(new BrowserCsrf.Tokens())
                                        .requireCsrfProtectionMatcher(BrowserCsrf::protects))
                .addFilterBefore(new BrowserCsrf.OtherSites(answers), CsrfFilter.class)
                .requestCache(cache -> cache.requestCache(new NullRequestCache()))
                .headers(
                        headers ->
                                headers.contentSecurityPolicy(
                                                policy -> policy.policyDirectives(CONTENT_POLICY))
                                        .referrerPolicy(
                                                referrer ->
                                                        referrer.policy(
                                                                ReferrerPolicy.SAME_ORIGIN)))
                .build();
    }

    /** Meters of each filter cost a quarter of a claim and tell an operator nothing. */
    @Bean
    SecurityObservationSettings securityObservations() {
        return SecurityObservationSettings.noObservations();
    }

    private static void authorize(
            AuthorizeHttpRequestsConfigurer<HttpSecurity>.AuthorizationManagerRequestMatcherRegistry
                    to) {
        to.dispatcherTypeMatchers(
                        DispatcherType.ERROR, DispatcherType.ASYNC, DispatcherType.FORWARD)
                .permitAll()
                .requestMatchers(HttpMethod.GET, "/api/v1/session", "/api/v1/demo")
                .permitAll()
                .requestMatchers("/api/v1/guest/**") // guests show a token of their own
                .permitAll()
                .requestMatchers(HttpMethod.GET, paths("simulated-clouds")) // operators read them
                .hasRole(Role.OPERATOR.name())
                .requestMatchers(HttpMethod.GET, "/api/v1/clouds/*/history")
                .hasRole(Role.OPERATOR.name())
                .requestMatchers(HttpMethod.GET, WINDOWS_OF_CLOUDS)
                .hasRole(Role.OPERATOR.name())
                .requestMatchers(OF_ADMINS)
                .hasRole(Role.ADMIN.name())
                .requestMatchers(paths("vms", "decisions", "maintenance-windows"))
                .hasRole(Role.OPERATOR.name())
                .requestMatchers("/api/**", "/compat/**")
                .authenticated()
                .requestMatchers("/actuator/health", "/actuator/health/**", "/actuator/prometheus")
                .permitAll()
                .requestMatchers("/actuator", "/actuator/**")
                .hasRole(Role.ADMIN.name())
                .requestMatchers(
                        HttpMethod.GET, "/**") // pages, assets and the description of the API
                .permitAll()
                .requestMatchers(HttpMethod.HEAD, "/**")
                .permitAll()
                .anyRequest()
                .authenticated();
    }

    private static String[] paths(String... names) {
        return Arrays.stream(names)
                .flatMap(name -> Stream.of("/api/v1/" + name, "/api/v1/" + name + "/**"))
                .toArray(String[]::new);
    }

    private static CookieCsrfTokenRepository tokens() {
        CookieCsrfTokenRepository tokens = CookieCsrfTokenRepository.withHttpOnlyFalse();
        tokens.setCookieCustomizer(cookie -> cookie.sameSite("Lax").path("/"));
        return tokens;
    }
}
