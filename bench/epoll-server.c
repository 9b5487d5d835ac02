/*
 * A fast SMTP responder for the bench: greets every connection, answers QUIT with 221 and anything else with 250.
 * Listens on every address of this machine at a port the kernel picks, prints that port, ends when standard input does.
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 4096
#define EVENTS_AT_ONCE 256

static const char GREETING[] = "220 mx.test ESMTP\r\n";
static const char OKAY[] = "250 mx.test\r\n";
static const char BYE[] = "221 mx.test closes\r\n";

static void fail(const char *action)
{
    perror(action);
    exit(1);
}

static void watch(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        fail("epoll_ctl");
}

static int listen_anywhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) < 0)
        fail("bind");
    if (listen(listener, BACKLOG) < 0)
        fail("listen");
    if (getsockname(listener, (struct sockaddr *)&address, &size) < 0)
        fail("getsockname");
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

static void say(int fd, const char *text, size_t size)
{
    if (send(fd, text, size, MSG_NOSIGNAL) < 0)
        return; /* the client is gone: its next event closes the connection */
}

static void greet_newcomers(int epoll, int listener)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        say(fd, GREETING, sizeof GREETING - 1);
        watch(epoll, fd);
    }
}

static void answer(int fd)
{
    char command[512];
    ssize_t size = read(fd, command, sizeof command);

    if (size >= 4 && strncasecmp(command, "QUIT", 4) != 0) {
        say(fd, OKAY, sizeof OKAY - 1);
        return;
    }
    if (size >= 4)
        say(fd, BYE, sizeof BYE - 1);
    close(fd);
}

int main(void)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    int listener = listen_anywhere();

    watch(epoll, listener);
    watch(epoll, STDIN_FILENO);
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS_AT_ONCE, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == listener)
                greet_newcomers(epoll, listener);
            else if (events[i].data.fd == STDIN_FILENO)
                return 0;
            else
                answer(events[i].data.fd);
        }
    }
}
