/* Runs a fuzz target over the files of a folder: the seeds, as a test, without a fuzzing compiler. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = malloc(1 << 20); /* as long as the input, so that a sanitizer sees a read beyond it */
	size_t size = file && data ? fread(data, 1, 1 << 20, file) : 0;

	if (!file || !data)
		return 1;
	fclose(file);
	data = realloc(data, size ? size : 1);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

int
main(int argc, char **argv)
{
	DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
	int count = 0, failed = 0;
	char path[4096];

	if (!folder)
		return 2;
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
		failed += replay(path);
		count++;
	}
	closedir(folder);
	printf("%d seeds, %d unreadable\n", count, failed);
	return !count || failed;
}
