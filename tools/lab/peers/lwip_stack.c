/* A machine whose TCP/IP is lwIP, on a TAP device that is there already. A connection to one of its open ports is
 * handed on to the local machine, so that a real server speaks; every other port is closed. lwIP learns IPv6 routers
 * from advertisements alone, so in IPv6 only its own network reaches it.
 *
 *     PRECONFIGURED_TAPIF=TAP lwip_stack IPV4 MASK GATEWAY IPV6 [PORT=LOCALPORT ...]
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define LWIP_DONT_PROVIDE_BYTEORDER_FUNCTIONS
#include <lwip/api.h>
#include <lwip/tcpip.h>
#include <netif/tapif.h>

static struct netif device;

struct pair {
    struct netconn *foreign;
    int local;
};

static int local_connect(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    close(fd);
    return -1;
}

static void *from_local(void *context)
{
    struct pair *pair = context;
    char bytes[4096];
    ssize_t n;
    while ((n = read(pair->local, bytes, sizeof bytes)) > 0)
        if (netconn_write(pair->foreign, bytes, (size_t)n, NETCONN_COPY) != ERR_OK)
            break;
    netconn_shutdown(pair->foreign, 0, 1);
    return NULL;
}

static void to_local(struct pair *pair)
{
    struct netbuf *buffer;
    while (netconn_recv(pair->foreign, &buffer) == ERR_OK) {
        do {
            void *data;
            u16_t length;
            netbuf_data(buffer, &data, &length);
            if (write(pair->local, data, length) != length)
                break;
        } while (netbuf_next(buffer) >= 0);
        netbuf_delete(buffer);
    }
    shutdown(pair->local, SHUT_WR);
}

static void *relay(void *context)
{
    struct pair *pair = context;
    pthread_t other;
    if (pair->local >= 0 && pthread_create(&other, NULL, from_local, pair) == 0) {
        to_local(pair);
        pthread_join(other, NULL);
        close(pair->local);
    }
    netconn_close(pair->foreign);
    netconn_delete(pair->foreign);
    free(pair);
    return NULL;
}

struct port {
    int foreign, local;
};

static void *serve(void *context)
{
    const struct port *port = context;
    struct netconn *listener = netconn_new(NETCONN_TCP_IPV6), *accepted; /* takes IPv4 as well */
    if (listener == NULL || netconn_bind(listener, IP_ANY_TYPE, (u16_t)port->foreign) != ERR_OK ||
        netconn_listen(listener) != ERR_OK) {
        fprintf(stderr, "lwip_stack: cannot listen on port %d\n", port->foreign);
        exit(1);
    }
    while (netconn_accept(listener, &accepted) == ERR_OK) {
        pthread_t thread;
        struct pair *pair = malloc(sizeof *pair);
        if (pair == NULL)
            break;
        *pair = (struct pair){accepted, local_connect(port->local)};
        if (pthread_create(&thread, NULL, relay, pair) == 0)
            pthread_detach(thread);
    }
    return NULL;
}

static void number(char **argv)
{
    ip4_addr_t own, mask, gateway;
    ip6_addr_t six;
    s8_t at = 1;
    if (!ip4addr_aton(argv[1], &own) || !ip4addr_aton(argv[2], &mask) || !ip4addr_aton(argv[3], &gateway) ||
        !ip6addr_aton(argv[4], &six)) {
        fprintf(stderr, "lwip_stack: one of %s %s %s %s is no address\n", argv[1], argv[2], argv[3], argv[4]);
        exit(1);
    }
    LOCK_TCPIP_CORE();
    netif_add(&device, &own, &mask, &gateway, NULL, tapif_init, tcpip_input);
    device.mtu = device.mtu6 = 560;  /* a larger frame overruns the buffer that tapif reads it into */
    device.flags |= NETIF_FLAG_MLD6; /* or nobody who looks for its address is heard */
    netif_set_default(&device);
    netif_set_up(&device);
    netif_create_ip6_linklocal_address(&device, 1);
    netif_ip6_addr_set(&device, at, &six);
    netif_ip6_addr_set_state(&device, at, IP6_ADDR_PREFERRED);
    netif_set_link_up(&device);
    UNLOCK_TCPIP_CORE();
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: lwip_stack IPV4 MASK GATEWAY IPV6 [PORT=LOCALPORT ...]\n");
        return 2;
    }
    tcpip_init(NULL, NULL);
    number(argv);
    for (int i = 5; i < argc; i++) {
        pthread_t thread;
        struct port *port = malloc(sizeof *port);
        if (port == NULL || sscanf(argv[i], "%d=%d", &port->foreign, &port->local) != 2)
            return 2;
        pthread_create(&thread, NULL, serve, port);
    }
    for (;;)
        pause();
}
