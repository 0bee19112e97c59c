// A disk that fails at a chosen call. Preloaded before SQLite, it counts the file system calls on files under
// FAULT_FOLDER and makes the Nth one fail. Until it is armed, it only simulates a full disk while the file FAULT_FULL
// exists. See faulty_disk.py and faults.py.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COUNT, KILL, IO_ERROR, DISK_FULL, POWER };

static int mode = COUNT;
static long fatal = -1, calls = 0;
static int guarded[1024]; // by file descriptor

// What a power failure undoes: every write since the last sync of its file, newest first.
struct undo {
  struct undo *older;
  dev_t dev;
  ino_t ino;
  char path[512];
  off_t at, size; // size: of the whole file before the write
  size_t length;
  char before[];
};
static struct undo *newest;
static char paths[1024][512];

#define REAL(name) ((typeof(&name))dlsym(RTLD_NEXT, #name))

void fault_arm(int how, long nth) { mode = how; fatal = nth; calls = 0; }
long fault_calls(void) { return calls; }

static void undo_unsynced(void) {
  for (struct undo *each = newest; each; each = each->older) {
    int fd = REAL(open64)(each->path, O_WRONLY);
    if (fd < 0) continue;
    if (each->length) (void)!REAL(pwrite64)(fd, each->before, each->length, each->at);
    (void)!REAL(ftruncate64)(fd, each->size);
    REAL(close)(fd);
  }
}

static void note(int fd, off_t at, size_t length) {
  struct stat now;
  if (mode != POWER || strstr(paths[fd], "-shm") || fstat(fd, &now) < 0) return; // -shm is never synced, but rebuilt
  struct undo *undo = malloc(sizeof *undo + length);
  undo->older = newest;
  undo->dev = now.st_dev, undo->ino = now.st_ino, undo->size = now.st_size, undo->at = at;
  strcpy(undo->path, paths[fd]);
  ssize_t had = length ? REAL(pread64)(fd, undo->before, length, at) : 0;
  undo->length = had > 0 ? (size_t)had : 0;
  newest = undo;
}

static void synced(int fd) {
  struct stat now;
  if (mode != POWER || fstat(fd, &now) < 0) return;
  for (struct undo **link = &newest; *link;) {
    if ((*link)->ino == now.st_ino && (*link)->dev == now.st_dev) *link = (*link)->older;
    else link = &(*link)->older;
  }
}

// Whether this call must fail. `writes`: it needs space on the disk.
static int fails(int writes) {
  long now = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);
  const char *full = getenv("FAULT_FULL");
  if (writes && full && access(full, F_OK) == 0) { errno = ENOSPC; return 1; }
  if (fatal < 0 || now < fatal) return 0;
  if (mode == KILL && now == fatal) return 1;
  if (mode == POWER && now == fatal) { undo_unsynced(); _exit(137); }
  if (mode == IO_ERROR && now == fatal) { errno = EIO; return 1; }
  if (mode == DISK_FULL && writes) { errno = ENOSPC; return 1; } // and stays full
  return 0;
}
static int fails_or_dies(int writes) {
  int failed = fails(writes);
  if (failed && mode == KILL) _exit(137);
  return failed;
}
static int on(int fd) { return fd >= 0 && fd < 1024 && guarded[fd]; }

static int opened(const char *path, int fd) {
  const char *folder = getenv("FAULT_FOLDER");
  if (fd >= 0 && fd < 1024) {
    guarded[fd] = folder && strncmp(path, folder, strlen(folder)) == 0;
    strncpy(paths[fd], path, sizeof paths[fd] - 1);
  }
  return fd;
}
static int of_folder(const char *path) {
  const char *folder = getenv("FAULT_FOLDER");
  return folder && strncmp(path, folder, strlen(folder)) == 0;
}

#define OPEN(name)                                                        \
  int name(const char *path, int flags, ...) {                            \
    va_list rest; va_start(rest, flags);                                  \
    mode_t bits = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
    va_end(rest);                                                         \
    if (of_folder(path) && fails_or_dies(flags & O_CREAT)) return -1;     \
    return opened(path, REAL(name)(path, flags, bits));                   \
  }
OPEN(open)
OPEN(open64)

#define PWRITE(name, offset)                                                       \
  ssize_t name(int fd, const void *data, size_t length, offset at) {               \
    if (!on(fd)) return REAL(name)(fd, data, length, at);                          \
    if (fails(1)) {                                                                \
      if (mode != IO_ERROR && REAL(name)(fd, data, length / 2, at) < 0) return -1; /* torn */ \
      if (mode == KILL) _exit(137);                                                \
      errno = mode == IO_ERROR ? EIO : ENOSPC;                                     \
      return -1;                                                                   \
    }                                                                              \
    note(fd, at, length);                                                          \
    return REAL(name)(fd, data, length, at);                                       \
  }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *data, size_t length) {
  if (on(fd)) {
    if (fails_or_dies(1)) return -1;
    note(fd, lseek(fd, 0, SEEK_CUR), length);
  }
  return REAL(write)(fd, data, length);
}

#define PREAD(name, offset)                                     \
  ssize_t name(int fd, void *data, size_t length, offset at) {  \
    if (on(fd) && fails_or_dies(0)) return -1;                  \
    return REAL(name)(fd, data, length, at);                    \
  }
PREAD(pread, off_t)
PREAD(pread64, off64_t)

ssize_t read(int fd, void *data, size_t length) {
  if (on(fd) && fails_or_dies(0)) return -1;
  return REAL(read)(fd, data, length);
}

#define TRUNCATE(name, offset)                             \
  int name(int fd, offset size) {                          \
    if (on(fd)) {                                          \
      if (fails_or_dies(1)) return -1;                     \
      struct stat now;                                     \
      if (fstat(fd, &now) == 0 && size < now.st_size) note(fd, size, now.st_size - size); \
      else note(fd, size, 0);                              \
    }                                                      \
    return REAL(name)(fd, size);                           \
  }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

#define SYNC(name)                                \
  int name(int fd) {                              \
    if (on(fd) && fails_or_dies(0)) return -1;    \
    if (on(fd)) synced(fd);                       \
    return mode == COUNT ? REAL(name)(fd) : 0; /* when armed, the page cache stands in for the disk */ \
  }
SYNC(fsync)
SYNC(fdatasync)

int unlink(const char *path) {
  if (of_folder(path) && fails_or_dies(0)) return -1;
  return REAL(unlink)(path);
}

void *mmap64(void *at, size_t length, int protection, int flags, int fd, off64_t offset) {
  if (on(fd) && fails_or_dies(0)) return MAP_FAILED;
  return REAL(mmap64)(at, length, protection, flags, fd, offset);
}
void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset) {
  if (on(fd) && fails_or_dies(0)) return MAP_FAILED;
  return REAL(mmap)(at, length, protection, flags, fd, offset);
}

int close(int fd) {
  if (fd >= 0 && fd < 1024) guarded[fd] = 0;
  return REAL(close)(fd);
}
